"""Reads a workbook back: no library that reads them is among what the tests install."""

import io
import re
import zipfile
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_workbook(content):
    """Sheets by name; each a list of rows; a cell is ("text", text), ("number", text as written) or None."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        book = _parsed(archive.read("xl/workbook.xml"))
        names = [sheet.get("name") for sheet in book.iter(f"{_MAIN}sheet")]
        formats = _formats(archive)
        return {
            name: _rows(_parsed(archive.read(f"xl/worksheets/sheet{number}.xml")), formats)
            for number, name in enumerate(names, 1)
        }


def _parsed(content):
    return ElementTree.fromstring(content)


def _formats(archive):
    styles = _parsed(archive.read("xl/styles.xml"))
    codes = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{_MAIN}numFmt")}
    used = next(styles.iter(f"{_MAIN}cellXfs"))
    return [codes.get(each.get("numFmtId"), "") for each in used]


def _rows(sheet, formats):
    assert list(sheet.iter(f"{_MAIN}f")) == []
    rows = []
    for row in sheet.iter(f"{_MAIN}row"):
        rows += [[] for _ in range(len(rows), int(row.get("r")))]
        for cell in row.iter(f"{_MAIN}c"):
            place = _column(cell.get("r"))
            rows[-1] += [None] * (place + 1 - len(rows[-1]))
            rows[-1][place] = _cell(cell, formats)
    return rows


def _column(name):
    place = 0
    for letter in re.match("[A-Z]+", name).group():
        place = place * 26 + ord(letter) - 64
    return place - 1


def _cell(cell, formats):
    if cell.get("t") == "inlineStr":
        return ("text", "".join(part.text or "" for part in cell.iter(f"{_MAIN}t")))
    assert cell.get("t") is None, cell.get("t")
    return ("number", cell.find(f"{_MAIN}v").text, formats[int(cell.get("s", 0))])


def texts(rows):
    """Rows with each cell as its bare text."""
    return [["" if cell is None else cell[1] for cell in row] for row in rows]
