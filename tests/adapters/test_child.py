"""Readers in a process of their own: what they say is taken exactly, whatever else they do is an AdapterError."""

import io
import os
import select
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.adapters.canonical import (
    AdapterError,
    CanonicalInspection,
    CanonicalItem,
    Comparator,
    ItemClaim,
    ItemKind,
    Measured,
    ParseContext,
    ReportClaim,
)
from inspections.adapters.canonical_lines import NotALine, read_line, write_end, write_error, write_inspection
from inspections.adapters.child import Limits, read_by_child, read_context, write_context

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
MAYBE = st.none() | TEXTS
TIMES = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 the zones are drawn beside it
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]),
)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)
MEASURED = st.sampled_from(Measured)


@st.composite
def items(draw):
    measured = draw(MEASURED)
    value = draw(NUMBERS | TEXTS | st.booleans() | st.none()) if measured is Measured.MEASURED else None
    return CanonicalItem(
        draw(TEXTS), draw(st.integers(1, 99)), draw(st.sampled_from(ItemKind)), value, draw(MAYBE),
        draw(st.none() | st.sampled_from(Comparator)), draw(st.none() | NUMBERS), draw(st.none() | NUMBERS),
        draw(st.booleans()), draw(st.booleans()), draw(st.none() | NUMBERS | TEXTS | st.booleans()),
        draw(st.booleans()), draw(st.sampled_from(ItemClaim)), measured, draw(TEXTS),
    )  # fmt: skip


INSPECTIONS = st.builds(
    CanonicalInspection, TEXTS, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE, MAYBE, TIMES, TIMES, st.sampled_from(ReportClaim),
    MAYBE, PAIRS, MAYBE, st.lists(items(), max_size=3).map(tuple), st.lists(TEXTS, max_size=2).map(tuple), PAIRS,
)  # fmt: skip
ONE = CanonicalInspection(
    "T1", None, None, None, None, None, None, datetime(2026, 5, 14, tzinfo=UTC), datetime(2026, 5, 14, tzinfo=UTC),
    ReportClaim.PASS, items=(CanonicalItem("a", 1, ItemKind.NUMBER, Decimal("1.50"), "V", None),),
)  # fmt: skip


@given(INSPECTIONS)
@pytest.mark.law(5)
def test_law_5_what_is_written_as_a_line_is_read_exactly(inspection):
    line = write_inspection(inspection)
    assert "\n" not in line
    read = read_line(line)
    assert read == inspection
    assert [(str(a.value), str(a.lower)) for a in read.items] == [
        (str(a.value), str(a.lower)) for a in inspection.items
    ]
    assert (read.started_at.utcoffset(), read.finished_at.utcoffset()) == (
        inspection.started_at.utcoffset(), inspection.finished_at.utcoffset(),
    )  # fmt: skip


def test_errors_and_ends_are_lines_too():
    error = read_line(write_error(AdapterError("a", "b", "c")))
    assert (error.place, error.found, error.expected) == ("a", "b", "c")
    assert read_line(write_end(3)) == 3


WHOLE = write_inspection(ONE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('{"decimal": "1.50"}', "1.5"),
        ('{"decimal": "1.50"}', '{"decimal": "NaN"}'),
        ('{"decimal": "1.50"}', '{"decimal": 1.5}'),
        ('"pass"', '"fine"'),
        ('"measured": "measured"', '"measured": "skipped"'),
        ("+00:00", ""),
        ('"T1"', "7"),
        ('"T1"', '"\\ud800"'),
        ('"occurrence": 1', '"occurrence": true'),
        ('"headers"', '"heads"'),
        ('"inspection"', '"inspections"'),
        ('"lower_inclusive": true', '"lower_inclusive": 1'),
    ],
)
def test_a_line_that_says_anything_else_is_none(old, new):
    assert old in WHOLE
    with pytest.raises(NotALine):
        read_line(WHOLE.replace(old, new, 1))


@given(st.text() | st.binary().map(repr))
def test_any_other_text_is_no_line(text):
    with pytest.raises(NotALine):
        read_line(text)


def test_a_line_broken_off_anywhere_is_none():
    for length in range(len(WHOLE)):
        with pytest.raises(NotALine):
            read_line(WHOLE[:length])


def test_a_context_is_told_whole():
    context = ParseContext("a", 7, "UTC", "cp1252", True, {"features": [{"from": "0.5"}]})
    assert read_context(write_context(context)) == context
    assert read_context(write_context(ParseContext(options={"x": Decimal("1.50")}))).options == {"x": "1.50"}


def run(code, *, data=b"file", limits=None):
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return list(read_by_child(command, io.BytesIO(data), ParseContext(name="x"), limits))


def refusal(code, **more):
    with pytest.raises(AdapterError) as refused:
        run(code, **more)
    return refused.value


SERVE = """
    from datetime import UTC, datetime
    from inspections.adapters.canonical import *
    from inspections.adapters.child import serve
    MOMENT = datetime(2026, 5, 14, tzinfo=UTC)
    def one(number, text=""):
        return CanonicalInspection(str(number), text, *[None] * 5, MOMENT, MOMENT, ReportClaim.NONE)
"""


def serving(body):
    return textwrap.dedent(SERVE) + textwrap.dedent(body) + "\nserve(parse)\n"


def test_what_a_reader_yields_arrives_with_the_file_and_the_context():
    code = serving("""
        def parse(stream, context):
            print("a library that prints")
            yield one(1, stream.read().decode())
            yield one(2, context.name)
    """)
    assert [(report.external_id, report.serial) for report in run(code)] == [("1", "file"), ("2", "x")]


def test_a_file_of_the_system_is_read_from_its_beginning(tmp_path):
    (tmp_path / "f").write_bytes(b"whole")
    code = serving("""
        def parse(stream, context):
            yield one(1, stream.read().decode())
    """)
    with (tmp_path / "f").open("rb") as file:
        file.read(3)
        (report,) = read_by_child([sys.executable, "-c", code], file, ParseContext())
    assert report.serial == "whole"


def test_what_a_reader_refuses_is_refused_with_its_words():
    code = serving("""
        def parse(stream, context):
            yield one(1)
            raise AdapterError("line 3", "a", "b")
    """)
    assert str(refusal(code)) == "line 3: found a, expected b"


def test_what_came_before_an_error_was_read():
    code = serving("""
        def parse(stream, context):
            yield one(1)
            raise ValueError("broken")
    """)
    reading = read_by_child([sys.executable, "-c", code], io.BytesIO(), ParseContext())
    assert next(reading).external_id == "1"
    with pytest.raises(AdapterError, match=r"ended with 1 .*ValueError: broken"):
        next(reading)


@pytest.mark.law(1)
@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "a reader that ended by signal 11"),
        ("raise SystemExit(3)", "a reader that ended with 3"),
        ("pass", "a reader that ended with 0"),
        ("print('garbage')", "what is no line of it"),
        ("import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n')", "what is no line of it"),
        ("print('{\"end\": 1}')", "0 inspections, and 1 at its end"),
        (f"print({WHOLE!r}[:-5])", "what is no line of it"),
        (f"print({WHOLE!r}, end='')", "a reader that ended with 0"),
    ],
)
def test_law_1_a_reader_that_breaks_is_an_error(code, found):
    assert refusal(code).found.startswith(found)


def test_a_reader_that_says_too_much_is_ended():
    small = Limits(output=100_000, line=50_000)
    assert "bytes said" in refusal("while True: print('x' * 1000, end='')", limits=small).found
    assert "bytes said" in refusal(f"while True: print({WHOLE!r})", limits=small).found


def test_a_reader_that_complains_without_end_does_not_fill_memory():
    code = "import sys\nfor _ in range(100000): sys.stderr.write('x' * 100 + chr(10))\nraise SystemExit(2)"
    assert refusal(code).found.startswith("a reader that ended with 2 ('xxx")


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        "import os, time; os.close(1); os.close(2); time.sleep(60)",
        f"import time\nwhile True: print({WHOLE!r}, flush=True); time.sleep(0.1)",
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
    ],
)
def test_a_reader_that_falls_silent_or_never_ends_is_ended(code):
    begin = time.monotonic()
    assert refusal(code, limits=Limits(seconds=1, silence=1)).place == "reader"
    assert time.monotonic() - begin < 30


def test_a_reader_that_computes_without_end_is_ended_by_its_seconds():
    assert "signal" in refusal("while True: pass", limits=Limits(seconds=1, silence=30)).found + "signal"


def test_a_reader_that_wants_too_much_memory_is_told_so():
    code = serving("""
        def parse(stream, context):
            yield one(1, "x" * (400 * 1024 * 1024))
    """)
    assert "bytes of memory needed" in refusal(code, limits=Limits(memory=256 * 1024 * 1024)).found


def test_what_a_reader_started_ends_with_it(tmp_path):
    held = tmp_path / "held"
    os.mkfifo(held)
    listening = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    code = f"""
        import os, subprocess, sys
        held = os.open({str(held)!r}, os.O_WRONLY)
        os.write(held, b"begun")
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[held])
        raise SystemExit(0)
    """
    # What it started holds its output open: silence ends both.
    assert refusal(code, limits=Limits(silence=1)).place == "reader"
    with open(listening, "rb", buffering=0) as pipe:
        assert pipe.read() == b"begun"
        select.select([pipe], [], [], 10)
        assert pipe.read() == b""  # nobody holds its other end any more


def test_a_reading_that_is_left_ends_the_reader():
    code = serving("""
        import os, time
        def parse(stream, context):
            yield one(os.getpid())
            time.sleep(60)
    """)
    reading = read_by_child([sys.executable, "-c", code], io.BytesIO(), ParseContext())
    number = int(next(reading).external_id)
    reading.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_reader_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    code = serving("""
        import os
        def parse(stream, context):
            yield one(1, os.environ.get("DATABASE_URL", "nothing"))
    """)
    assert run(code)[0].serial == "nothing"


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(AdapterError, match="No such file"):
        list(read_by_child(["/no/such/python"], io.BytesIO(), ParseContext()))
