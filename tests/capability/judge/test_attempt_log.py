"""Following the edge's log: rotation, half lines, restarts, garbage."""

import os
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ship.judge.operations import AttemptLog, Position


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "attempts.json"
    log = AttemptLog(path)
    assert log.read() == []
    path.write_bytes(b"one\ntw")
    assert log.read() == [b"one"]
    assert log.read() == []
    with path.open("ab") as file:
        file.write(b"o\nthree\n")
    assert log.read() == [b"two", b"three"]


def test_rotation_loses_and_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "attempts.json"
    path.write_bytes(b"1\n")
    log = AttemptLog(path)
    assert log.read() == [b"1"]
    with path.open("ab") as edge:
        edge.write(b"2\n")
        edge.flush()
        path.rename(tmp_path / "attempts.json.1")
        assert log.read() == [b"2"]
        edge.write(b"3\n")  # the edge has not reopened its file yet
    assert log.read() == [b"3"]
    path.write_bytes(b"4\n")
    assert log.read() == [b"4"]
    assert log.read() == []


def test_another_process_goes_on_from_the_kept_place(tmp_path: Path) -> None:
    path = tmp_path / "attempts.json"
    path.write_bytes(b"1\n2\n")
    first = AttemptLog(path)
    first.read()
    path.rename(tmp_path / "attempts.json.1")
    with (tmp_path / "attempts.json.1").open("ab") as edge:
        edge.write(b"3\n")
    path.write_bytes(b"4\n")
    second = AttemptLog(path, Position(first.position.inode, first.position.offset))
    assert second.read() + second.read() == [b"3", b"4"]


def test_a_log_that_was_emptied_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "attempts.json"
    path.write_bytes(b"long line\n")
    log = AttemptLog(path)
    log.read()
    os.truncate(path, 0)
    with path.open("ab") as file:
        file.write(b"x\n")
    assert log.read() == [b"x"]


def test_the_past_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "attempts.json"
    (tmp_path / "attempts.json.1").write_bytes(b"1\n2\n")
    path.write_bytes(b"3\n4\nhal")
    log = AttemptLog(path)
    assert log.back(1000) == [b"1", b"2", b"3", b"4"]
    assert log.read() == []
    with path.open("ab") as file:
        file.write(b"f\n")
    assert log.read() == [b"half"]
    assert AttemptLog(path).back(7) == [b"half"]
    skipping = AttemptLog(path)
    skipping.back(0)
    assert skipping.read() == []


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=20).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")),
            st.just(b"ROTATE"),
        ),
        max_size=20,
    )
)
def test_whatever_is_written_comes_out_once_and_in_order(pieces: list[bytes]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.json"
        log, wrote, came, turn = AttemptLog(path), [], [], 0
        for piece in pieces:
            if piece == b"ROTATE":
                came += log.read()
                for age in range(8, 0, -1):
                    older = path.with_name(f"attempts.json.{age}")
                    if older.exists():
                        older.rename(path.with_name(f"attempts.json.{age + 1}"))
                if path.exists():
                    path.rename(path.with_name("attempts.json.1"))
            else:
                turn += 1
                line = f"{turn}".encode() + piece.hex().encode()
                with path.open("ab") as file:
                    file.write(line + b"\n")
                wrote.append(line)
        for _ in range(12):
            came += log.read()
        assert came == wrote
