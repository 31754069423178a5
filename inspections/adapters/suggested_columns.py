"""What the columns of an unknown file are: which is the test's id, the VIN, the result, the times. One or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .row_values import fold
from .suggested_numbers import is_number
from .suggested_shape import Column
from .suggested_times import Moments, moments_of

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}", re.ASCII)
_PLAIN = re.compile(r"[\W_]+")

_IDS = frozenset([
    "id", "nr", "no", "number", "nummer", "test", "testid", "testno", "testnr", "testnumber", "testnummer", "run",
    "runid", "runno", "record", "recordid", "recordno", "report", "reportid", "reportno", "protokoll", "protokollnr",
    "protokollnummer", "prüfnr", "prüfnummer", "prüfid", "prüfung", "prüflauf", "lfdnr", "laufnr", "laufendenummer",
    "seq", "sequence", "序号", "编号", "测试编号", "检测编号", "试验编号", "流水号",
])  # fmt: skip
_SERIALS = frozenset([
    "vin", "fin", "fahrgestellnr", "fahrgestellnummer", "fgnr", "serial", "serialno", "serialnumber", "sn", "snr",
    "seriennr", "seriennummer", "车架号", "车辆识别代号", "vin码", "序列号",
])  # fmt: skip
_RESULTS = frozenset([
    "result", "results", "overall", "overallresult", "totalresult", "verdict", "judgement", "judgment", "status",
    "testresult", "ergebnis", "gesamtergebnis", "gesamt", "bewertung", "结果", "总结果", "判定", "测试结果", "检测结果",
])  # fmt: skip
_TIMES = ("time", "date", "zeit", "datum", "uhrzeit", "start", "end", "ende", "beginn", "begin", "stamp", "timestamp",
          "zeitstempel", "ts", "started", "finished", "时间", "日期", "开始", "结束")  # fmt: skip
_BEGINS = ("start", "started", "begin", "beginn", "von", "anfang", "开始")
_ENDS = ("end", "ended", "ende", "finish", "finished", "stop", "bis", "结束", "完成")

WORDS = {
    "pass": frozenset(["ok", "io", "i.o.", "i.o", "pass", "passed", "good", "gut", "合格", "通过"]),
    "fail": frozenset(["nok", "nio", "n.i.o.", "n.i.o", "ng", "fail", "failed", "bad", "schlecht", "不合格", "未通过"]),
    "error": frozenset(["error", "fehler", "störung", "错误"]),
    "terminated": frozenset(
        ["abbruch", "abgebrochen", "abort", "aborted", "terminated", "cancelled", "canceled", "中止", "终止"]
    ),
    "skipped": frozenset(["skipped", "skip", "übersprungen", "跳过"]),
}  # fmt: skip
_MEANT = {word: claim for claim, words in WORDS.items() for word in words}


def _name(column: Column) -> str:
    return _PLAIN.sub("", column.name.casefold()) if column.is_named else ""


def _says(column: Column, words: Iterable[str]) -> bool:
    """Whether one of the words stands in the column's name: by itself, or anywhere where it is Chinese."""
    if not column.is_named:
        return False
    folded = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name).casefold()
    parts = set(_PLAIN.split(folded))
    return any(word in parts or (not word.isascii() and word in folded) for word in words)


def is_number_of_test(column: Column) -> bool:
    """Whether the column's name says that it numbers tests."""
    return _name(column) in _IDS


def ids(columns: Sequence[Column]) -> list[Column]:
    """Columns that tell the tests apart by a number of the rig's own. One that counts the rows of the file does not:
    the next file begins at 1 again."""
    found = []
    for column in filter(is_number_of_test, columns):
        cells = column.cells
        counts = [str(number) for number in range(1, len(cells) + 1)]
        if all(cells) and len(set(cells)) == len(cells) and [cell.lstrip("0") for cell in cells] != counts:
            found.append(column)
    return found


def vins(columns: Sequence[Column]) -> list[Column]:
    """Columns of VINs by their form (ISO 3779); of several that whose name says so."""
    found = []
    for column in columns:
        said = column.said()
        like = [cell for cell in said if _VIN.fullmatch(cell) and not cell.isdigit()]
        if like and 3 * len(like) > 2 * len(said):
            found.append(column)
    named = [column for column in found if _name(column) in _SERIALS]
    return named if len(named) == 1 else found


def serials(columns: Sequence[Column]) -> list[Column]:
    """Columns whose name says that units are numbered in them."""
    return [column for column in columns if _name(column) in _SERIALS and column.said()]


def results(columns: Sequence[Column]) -> list[Column]:
    """Columns of words for pass and fail; of several that whose name says that it is the whole test's."""
    found = []
    for column in columns:
        meant = [_MEANT.get(fold(cell)) for cell in column.said()]
        if {"pass", "fail"} & set(meant) and 2 * sum(each is not None for each in meant) > len(meant):
            found.append(column)
    named = [column for column in found if _name(column) in _RESULTS]
    return named if len(named) == 1 else found


def words_of(column: Column) -> tuple[dict[str, list[str]], list[str]]:
    """The words of a column of results by what each means, as they are written, and those that mean nothing known."""
    known: dict[str, list[str]] = {}
    strange = []
    for cell in dict.fromkeys(column.said()):
        claim = _MEANT.get(fold(cell))
        if claim is None:
            strange.append(cell)
        elif fold(cell) not in map(fold, known.setdefault(claim, [])):
            known[claim].append(cell)
    return known, strange


def times(columns: Sequence[Column]) -> dict[int, Moments]:
    """The columns of moments, days and times of the day, by their place. What only may be a number is a number."""
    found = {}
    for place, column in enumerate(columns):
        said = column.said()
        moments = moments_of(said, is_named_so=_says(column, _TIMES)) if said else None
        if moments is not None and not (len(said) == 1 and is_number(said[0]) and not _says(column, _TIMES)):
            found[place] = moments
    return found


def begins(column: Column) -> bool:
    return _says(column, _BEGINS) and not _says(column, _ENDS)


def ends(column: Column) -> bool:
    return _says(column, _ENDS) and not _says(column, _BEGINS)
