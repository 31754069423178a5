"""The two kinds of files, from lists that are made up here."""

import csv
import io
import os
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inspections.web.exporting import xlsx_form
from inspections.web.exporting.csv_form import csv_chunks
from inspections.web.exporting.sheets import Column, Sheet, in_pages
from inspections.web.exporting.xlsx_form import write_workbook

from .workbooks import read_workbook, texts

AT = datetime(2026, 11, 23, tzinfo=UTC)
HEAD = [("Interlock", "A list")]
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "合格", "x;=1", 'say "hi", then\nleave']
NUMBERS = ["12.340", "-3.5", "0.1234567890123456789", "1234567890123456", "0"]


def sheet(pages):
    columns = [Column("Text", lambda row: row[0]), Column("Value", lambda row: row[1])]
    return Sheet("a-list", "A list", columns, pages)


def read_csv(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_csv(pages, language="en"):
    return read_csv(b"".join(csv_chunks(sheet(pages), HEAD, language)))


def as_workbook(pages):
    with write_workbook(sheet(pages), HEAD, AT) as made:
        return read_workbook(made.read())


def test_csv_says_what_it_is_then_the_rows_and_at_its_end_how_many():
    assert as_csv([[("a", 1)], [("b", None)]]) == [
        ["Interlock", "A list"],
        [],
        ["Text", "Value"],
        ["a", "1"],
        ["b", ""],
        [],
        ["End of the list, rows:", "2"],
    ]


def test_csv_of_nothing_says_so():
    assert as_csv([])[-1] == ["End of the list, rows:", "0"]


def test_csv_is_worded_in_the_language_of_the_request_long_after_it(settings):
    from django.utils.translation import get_language

    chunks = csv_chunks(sheet([[("a", True)]]), HEAD, "zh-hans")
    assert read_csv(b"".join(chunks))[-3:] == [["a", "是"], [], ["清单结束，行数：", "1"]]
    assert get_language() == "en"


def test_csv_runs_no_text_and_leaves_numbers_numbers():
    rows = as_csv([[(text, Decimal("-3.5")) for text in EVIL]])[3:-2]
    assert rows == [
        ["'=1+1", "-3.5"],
        ["'+1", "-3.5"],
        ["'-1", "-3.5"],
        ["'@SUM(A1)", "-3.5"],
        ["'\t'=1", "-3.5"],
        ["'\r'=1", "-3.5"],
        ["合格", "-3.5"],
        ["x;'=1", "-3.5"],
        ['say "hi", then\nleave', "-3.5"],
    ]


def test_workbook_keeps_text_as_text_as_it_is_and_runs_none():
    found = as_workbook([[(text, None) for text in EVIL]])
    # XML has no other sign for a line's end; a carriage return is written so that the spreadsheet restores it.
    kept = [text.replace("\r", "_x000D_") for text in EVIL]
    assert [row[0] for row in found["List"][1:]] == [("text", text) for text in kept]


@pytest.mark.law(5)
def test_law_5_workbook_keeps_every_digit():
    found = as_workbook([[(text, Decimal(text)) for text in NUMBERS]])
    assert [row[1] for row in found["List"][1:]] == [
        ("number", "12.34", "0.000"),
        ("number", "-3.5", "0.0"),
        ("text", "0.1234567890123456789"),
        ("text", "1234567890123456"),
        ("number", "0", ""),
    ]
    assert texts(found["About"])[2] == ["Numbers written as text, because a spreadsheet would change them", "2"]


def test_workbook_says_first_what_it_is():
    found = as_workbook([[("a", 1)], [("b", 10**15)]])
    assert list(found) == ["About", "List"]
    assert texts(found["About"])[:2] == [["Interlock", "A list"], ["Rows", "2"]]
    assert found["List"][2] == [("text", "b"), ("text", "1000000000000000")]


def test_workbook_of_nothing_has_its_headings():
    assert texts(as_workbook([])["List"]) == [["Text", "Value"]]


def test_workbook_goes_on_in_another_sheet_instead_of_losing_rows(monkeypatch):
    monkeypatch.setattr(xlsx_form, "MOST_ROWS", 2)
    found = as_workbook([[("a", 1), ("b", 2), ("c", 3)]])
    assert texts(found["List"]) == [["Text", "Value"], ["a", "1"], ["b", "2"]]
    assert texts(found["List 2"]) == [["Text", "Value"], ["c", "3"]]


def test_workbook_says_what_it_had_to_cut():
    found = as_workbook([[("x" * 40_000, None)]])
    text = found["List"][1][0][1]
    assert (len(text), text[-1]) == (32_767, "…")
    assert texts(found["About"])[3] == ["Texts cut at the longest that a cell holds; the CSV has them whole", "1"]


def test_workbook_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def failing():
        yield [("a", 1)]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_workbook(sheet(failing()), HEAD, AT)
    assert os.listdir(tmp_path) == []
    with write_workbook(sheet([[("a", 1)]]), HEAD, AT):
        assert os.listdir(tmp_path) == []


def test_pages_go_on_beyond_the_last_row_until_one_is_not_full():
    asked = []

    def read(beyond, most):
        asked.append(beyond)
        return [number for number in range(7) if number > (-1 if beyond is None else beyond)][:most]

    assert list(in_pages(read, lambda row: row, 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert asked == [None, 2, 5]
    assert list(in_pages(lambda beyond, most: [], lambda row: row, 3)) == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_memory_does_not_grow_with_the_list(form):
    def peak(pages):
        rows = ([(f"row {page} {row}", Decimal("12.340")) for row in range(100)] for page in range(pages))
        tracemalloc.start()
        if form == "csv":
            for _chunk in csv_chunks(sheet(rows), HEAD, "en"):
                pass
        else:
            write_workbook(sheet(rows), HEAD, AT).close()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)
    assert peak(80) < peak(4) + 200_000
