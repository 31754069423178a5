"""Reads the texts that were hashed, and writes the page of an archive that people read: from those texts alone.

Standard library only: this file goes into every archive of evidence as it stands here. The verifier writes the page
again and compares, so that what is read is what was sealed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

STYLE = (
    "body{font:14px/1.5 sans-serif;margin:24px;max-width:1200px}table{border-collapse:collapse;margin:8px 0 24px}"
    "td,th{border:1px solid #83918f;padding:2px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "code{overflow-wrap:anywhere}"
)


def read_row(text: str) -> list[str | None]:
    """A row as PostgreSQL writes it, by its columns; None is an absent value. Raises ValueError."""
    if text[:1] != "(" or text[-1:] != ")":
        raise ValueError("this is no row")
    values: list[str | None] = []
    letters: list[str] = []
    quoted = was_quoted = False
    at, end = 1, len(text) - 1
    while at < end:
        letter = text[at]
        if letter == '"':
            if quoted and text[at + 1 : at + 2] == '"' and at + 1 < end:
                letters.append('"')
                at += 1
            else:
                quoted, was_quoted = not quoted, True
        elif letter == "\\":
            at += 1
            letters.append(text[at])
        elif letter == "," and not quoted:
            values.append("".join(letters) if letters or was_quoted else None)
            letters, was_quoted = [], False
        else:
            letters.append(letter)
        at += 1
    if quoted:
        raise ValueError("a text in the row does not end")
    values.append("".join(letters) if letters or was_quoted else None)
    return values


def read_form(form: str, columns: Mapping[str, Sequence[str]]) -> tuple[str, list[tuple[str, dict[str, str | None]]]]:
    """The table of a text that was hashed, and its rows by column: its own, and for an inspection its measurements.

    `columns`: by "table version". Raises ValueError where the text is not of that form.
    """
    head, _, rest = form.partition("\n")
    table, _, version = head.partition(" ")
    rows = []
    kind = table
    for text in _rows(rest):
        names = columns.get(f"{kind} {version}")
        values = read_row(text)
        if names is None or len(names) != len(values):
            raise ValueError(f"{head}: the row has not the columns of this form")
        rows.append((kind, dict(zip(names, values, strict=True))))
        kind = "measurement"
    if not rows or (len(rows) > 1 and table != "inspection"):
        raise ValueError(f"{head}: this is no row of the record")
    return table, rows


def _rows(text: str) -> Iterable[str]:
    """The rows, one a line: a line end within a text stands between quotes."""
    first, quotes = 0, 0
    for at, letter in enumerate(text):
        quotes += letter == '"'
        if letter == "\n" and quotes % 2 == 0:
            yield text[first:at]
            first = at + 1
    yield text[first:]


def page(manifest: Mapping[str, Any], records: Iterable[Mapping[str, Any]]) -> str:
    """The page of an archive, in English: what is in it, and every row, as it was hashed."""
    names = manifest["names"]
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>Evidence of {escape(manifest['vin'])}</title><style>{STYLE}</style>"
        f"<h1>Evidence of vehicle {escape(manifest['vin'])}</h1>"
        f"<p>Made {escape(manifest['made_at'])} from ledger <code>{escape(manifest['ledger'])}</code>, up to checkpoint"
        f" {manifest['newest']}. {sum(map(len, manifest['rows'].values()))} rows of the record;"
        f" {manifest['unsealed']} more were recorded and not sealed yet. Check it with <code>python verify.py</code>"
        " (Python 3.11 or newer with the package cryptography). Times are UTC. What stands in brackets behind an id is"
        " its name in the plant when this was made; it is not part of what was sealed.</p>"
    ]
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        by_table.setdefault(record["table"], []).append(record)
    for table, some in by_table.items():
        parts.append(f"<h2>{escape(table)} ({len(some)})</h2>")
        for record in some:
            _, rows = read_form(record["form"], manifest["columns"])
            parts.append(
                f'<p id="{escape(table)}-{record["id"]}">Row {record["id"]}, checkpoint {record["checkpoint"]}</p>'
            )
            parts.append(_fields(rows[0][1], names))
            if len(rows) > 1:
                parts.append(_measured([row for _, row in rows[1:]], names))
    if manifest["missing_files"]:
        parts.append("<h2>Files that are named and were not found</h2><ul>")
        parts += [f"<li><code>{escape(digest)}</code>" for digest in manifest["missing_files"]]
        parts.append("</ul>")
    return "\n".join(parts) + "\n"


def _fields(row: Mapping[str, str | None], names: Mapping[str, Mapping[str, str]]) -> str:
    cells = [
        f"<tr><th>{escape(column)}<td>{_cell(column, value, names)}"
        for column, value in row.items()
        if value is not None
    ]
    return f"<table>{''.join(cells)}</table>"


def _measured(rows: Sequence[Mapping[str, str | None]], names: Mapping[str, Mapping[str, str]]) -> str:
    columns = list(rows[0])
    head = "".join(f"<th>{escape(column)}" for column in columns)
    lines = ["<tr>" + "".join(f"<td>{_cell(column, row[column], names)}" for column in columns) for row in rows]
    return f"<table><tr>{head}{''.join(lines)}</table>"


def _cell(column: str, value: str | None, names: Mapping[str, Mapping[str, str]]) -> str:
    if value is None:
        return ""
    name = names.get(column, {}).get(value)
    return escape(value) if name is None else f"{escape(value)} ({escape(name)})"
