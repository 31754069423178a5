"""Files are read as written: exact numbers, no surprises of YAML, and every refusal names its line."""

from decimal import Decimal

import pytest

from inspections.catalogue.documents import Problem, read_documents


def read(text):
    return read_documents("f.yaml", text.encode() if isinstance(text, str) else text)


def content(text):
    documents, problems = read(text)
    assert problems == []
    return documents[0].content


def refused(text):
    documents, problems = read(text)
    assert documents == []
    return [(problem.line, problem.text) for problem in problems]


def test_a_bare_number_is_the_decimal_that_was_written():
    found = content("a: 0.10\nb: 0.1e-3\nc: 12\nd: -7.50")
    assert found == {"a": Decimal("0.10"), "b": Decimal("0.0001"), "c": 12, "d": Decimal("-7.50")}
    assert [str(found["a"]), str(found["d"]), type(found["c"])] == ["0.10", "-7.50", int]


@pytest.mark.parametrize("text", [".nan", ".inf", "-.inf", "0x1F", "1_000", "010", "1:30", "1.", "0." + "1" * 31])
def test_a_number_that_is_no_plain_decimal_is_refused_with_its_line(text):
    ((line, said),) = refused(f"x: 1\nupper: {text}\n")
    assert line == 2
    assert said.startswith(f"found {text}, expected a decimal of at most 30 digits")


def test_a_quoted_number_stays_text():
    assert content("a: \"4.20\"\nb: '010'\nc: 2026-07-01") == {"a": "4.20", "b": "010", "c": "2026-07-01"}


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "No", "True"])
def test_only_true_and_false_are_booleans(word):
    assert refused(f"legal: {word}") == [
        (1, f"found bare {word}, expected true or false; quote it if it is meant as text")
    ]


def test_true_and_false_are_read():
    assert content("a: true\nb: false") == {"a": True, "b": False}


def test_a_key_written_twice_is_refused_at_its_second_line():
    assert refused("code: A\nname: B\ncode: C\n") == [
        (3, "found the key 'code' again, expected it once; it stands on line 1 too")
    ]


@pytest.mark.parametrize("text", ["a: &x 1\nb: 2", "a: 1\nb: *x", "a: &x {k: 1}\nb: {<<: *x}"])
def test_anchors_and_aliases_are_refused(text):
    assert {said for _, said in refused(text)} == {
        "found an anchor or alias, expected every value written out where it belongs"
    }


def test_a_tag_is_refused():
    assert refused("a: !!python/name:os.system x") == [
        (1, "found the tag tag:yaml.org,2002:python/name:os.system, expected a plain value")
    ]


def test_deep_nesting_is_refused_before_it_is_read():
    ((line, said),) = refused("a: " + "[" * 5000 + "]" * 5000)
    assert (line, said) == (1, "found more than 12 levels of nesting, expected at most that")


def test_broken_yaml_names_its_line():
    ((line, said),) = refused("a: 1\nb: [1, 2\nc: 3\n")
    assert line == 3
    assert said.startswith("this is no YAML: ")


def test_bytes_that_are_no_utf8_name_their_line():
    assert refused(b"a: 1\nb: \xff\n") == [(2, "found the byte 0xff, expected text in UTF-8")]


@pytest.mark.parametrize("escape", [r"\0", r"\x07", r"\ud800"])
def test_control_characters_are_refused(escape):
    documents, problems = read(f'a: 1\nname: "x{escape}"')
    assert documents == []
    assert [problem.line for problem in problems] == [2]


def test_all_errors_of_a_file_are_listed_at_once():
    assert [line for line, _ in refused("a: yes\nb: 0x1\nb: 1\n")] == [1, 2, 3]


def test_documents_of_one_file_know_their_lines():
    documents, _ = read("format: a\n---\nformat: b\nlist:\n  - {x: 1}\n  - {x: 2}\n")
    assert [(each.format, each.line(("list", 1, "x"))) for each in documents] == [("a", 1), ("b", 6)]
    assert documents[1].line(("list", 1, "absent", "deeper")) == 6


def test_a_problem_reads_as_compilers_say_it():
    assert str(Problem("plan.yaml", 7, "found x, expected y")) == "plan.yaml:7: found x, expected y"
