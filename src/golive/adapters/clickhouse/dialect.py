"""The rules of `golive.watch.telemetry.domain` as ClickHouse SQL."""

from golive.watch.telemetry import domain


def literal(text: str) -> str:
    """Return a SQL string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def template(message: str) -> str:
    """Return the SQL of `domain.template` over a SQL expression."""
    return (
        f"replaceRegexpAll(substringUTF8({message}, 1, {domain.MESSAGE_CHARS}), "
        f"{literal(domain.VARIABLE)}, {literal(domain.BLANK)})"
    )


def identity(text: str) -> str:
    """Return the SQL of `domain.identity` of one SQL expression."""
    return f"lower(hex(substring(MD5({text}), 1, 8)))"


def frames(stack: str) -> str:
    """Return the SQL of `domain.frames`, an array of strings."""
    python = f"extractAllGroupsVertical({stack}, {literal(domain.PYTHON_FRAME)})"
    own = f"arrayFilter(f -> NOT match(f[1], {literal(domain.LIBRARY)}), {python})"
    chosen = f"if(notEmpty({own}), {own}, {python})"
    named = (
        "arrayMap(f -> concat(arrayElement(splitByChar('/', f[1]), -1), ':', f[2]), "
        f"arraySlice({chosen}, -{domain.FRAMES}))"
    )
    other = f"arraySlice(extractAll({stack}, {literal(domain.OTHER_FRAME)}), 1, {domain.FRAMES})"
    return f"if(notEmpty({python}), {named}, {other})"


def error_group(kind: str, message: str, stack: str) -> str:
    """Return the SQL of `domain.error_group`; the empty string where there is no exception."""
    parts = f"arrayConcat([{kind}, {template(message)}], {frames(stack)})"
    group = identity(f"arrayStringConcat({parts}, '\\n')")
    return f"if({kind} = '' AND {message} = '', '', {group})"
