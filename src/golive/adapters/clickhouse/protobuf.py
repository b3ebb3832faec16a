"""The outermost levels of a protobuf message, without a schema (protobuf.dev, "Encoding")."""

from collections.abc import Iterator

_DELIMITED = 2


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position and the position behind it.

    Raises `ValueError` when it is cut off or longer than 64 bits.
    """
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("a number is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7


def varint(value: int) -> bytes:
    """Return a number that is not negative as a varint."""
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def delimited(number: int, content: bytes) -> bytes:
    """Return a length-delimited field."""
    return varint(number << 3 | _DELIMITED) + varint(len(content)) + content


def walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (field number, start, end) of each field of a message of length-delimited fields only.

    Raises `ValueError` in words for anything else.
    """
    position = 0
    while position < len(data):
        tag, start = read_varint(data, position)
        if tag & 7 != _DELIMITED:
            raise ValueError(f"byte {position} does not begin a length-delimited field")
        length, start = read_varint(data, start)
        if start + length > len(data):
            raise ValueError("the last field is cut off")
        yield tag >> 3, start, start + length
        position = start + length
