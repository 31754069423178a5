"""JSON lines by profile: the same options as a table's, by pointers into the objects."""

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections.adapters import registry
from inspections.adapters.canonical import AdapterError, Comparator, ItemClaim, Measured, ParseContext, ReportClaim
from inspections.adapters.json_lines import JsonLinesAdapter
from tests.adapters.fuzzing import damaged, outcome, truncations
from tests.adapters.oracle import recompute
from tests.adapters.row_profiles import FIXTURES, SHANGHAI, claimed_passes, in_encodings, profile, read_lines
from tests.depth import examples

LIST = (FIXTURES / "json_lines" / "list.jsonl").read_bytes()
AS_LIST = ParseContext(time_zone=SHANGHAI, options=profile("json_lines/list"))


def flat(**changes):
    """The smallest profile of one object a test."""
    return {
        "test": {"id": "/id", "started": "/at", "result": {"from": "/r", "pass": ["OK"], "fail": ["NOK"]}},
        "items": [{"item": "Voltage", "value": "/v"}],
        **changes,
    }


def line(value="1.5", rest=""):
    return f'{{"id": 1, "at": "2026-11-20T08:00:00Z", "v": {value}, "r": "OK"{rest}}}\n'


def refusal(data, options, **context):
    with pytest.raises(AdapterError) as refused:
        read_lines(data, options, **context)
    return str(refused.value)


class TestList:
    FOUND = read_lines(LIST, profile("json_lines/list"))

    def test_an_object_is_a_test(self):
        assert [(test.external_id, test.serial, test.claimed) for test in self.FOUND] == [
            ("R-1", "LSGPC52U6AF102554", ReportClaim.PASS),
            ("R-2", "LSGPC52U6AF102571", ReportClaim.FAIL),
            ("R-3", None, ReportClaim.NONE),
        ]
        assert self.FOUND[0].started_at == datetime(2026, 11, 20, 4, 0, 0, 500000, tzinfo=UTC)

    def test_entries_of_its_list_are_items(self):
        found = [(i.item, i.occurrence, i.value, i.unit, i.comparator, recompute(i)) for i in self.FOUND[0].items]
        assert found == [
            ("R iso", 1, Decimal("812.0"), "Mohm", Comparator.INSIDE, "pass"),
            ("Cell", 1, Decimal("3.70"), "V", None, None),
            ("Cell", 2, Decimal("3.71"), "V", None, None),
        ]

    @pytest.mark.law(1)
    def test_what_is_no_number_or_null_is_no_pass(self):
        nan, null, text = self.FOUND[1].items
        assert (nan.value, recompute(nan)) == ("NaN", "indeterminate")
        assert (null.value, null.measured, null.claimed) == (None, Measured.NOT_MEASURED, ItemClaim.NOT_MEASURED)
        assert (text.value, text.claimed) == (Decimal("3.72"), ItemClaim.FAIL)
        assert self.FOUND[1].notes[-1] == "the test says pass, one of its items says fail"


class TestObjects:
    @pytest.mark.parametrize(
        "value, kind, found",
        [("1.50", "number", Decimal("1.50")), ('"1.50"', "number", Decimal("1.50")), ("true", "number", True),
         ('"OVL"', "number", "OVL"), ("NaN", "number", "NaN"), ("null", "number", None), ('""', "number", None),
         ("5", "text", "5"), ('"ok"', "text", "ok"), ("true", "boolean", True), ('"on"', "boolean", True),
         ('"perhaps"', "boolean", "perhaps")],
    )  # fmt: skip
    def test_values(self, value, kind, found):
        words = {"true": ["on"], "false": ["off"]} if kind == "boolean" else {}
        (test,) = read_lines(line(value), flat(items=[{"item": "V", "value": "/v", "kind": kind, **words}]))
        assert (test.items[0].value, type(test.items[0].value)) == (found, type(found))

    @pytest.mark.parametrize(
        "pointer, value",
        [("/a~1b/1", 7), ("/m~0n", 8), ("/a~1b/9", None), ("/a~1b/x", None), ("/none/x", None), ("/v/x", None)],
    )
    def test_pointers(self, pointer, value):
        options = flat(items=[{"item": "V", "value": pointer}])
        (test,) = read_lines(line(rest=', "a/b": [6, 7], "m~n": 8'), options)
        assert test.items[0].value == value

    def test_lines_of_one_test_follow_one_another(self):
        options = {
            "layout": "long",
            "test": {"id": "/id", "key": ["/id"], "started": "/at"},
            "items": [{"item": ["/g", "/n"], "value": "/v"}],
        }
        data = "".join(
            f'{{"id": {test}, "at": "2026-11-20T08:00:00Z", "g": "Cell", "n": {n}, "v": {n}.5}}\n'
            for test in (1, 2)
            for n in (1, 2)
        )
        found = [[(item.item, item.value) for item in test.items] for test in read_lines(data, options)]
        assert found == [[("Cell / 1", Decimal("1.5")), ("Cell / 2", Decimal("2.5"))]] * 2

    def test_an_id_of_the_line_or_the_file(self):
        data = line()
        ids = [
            read_lines(data, flat(test={"id": {"derived": each}, "started": "/at"}))[0].external_id
            for each in ("row", "file")
        ]
        assert ids == [sha256(data.encode()).hexdigest(), f"{sha256(data.encode()).hexdigest()}:1"]

    @pytest.mark.parametrize(
        "data, said",
        [
            ("[1]\n", "line 1: found a list, expected an object"),
            (line() + '{"id": 2\n', "line 2 column 9: found broken JSON"),
            (line() + '{"id": 2, "id": 3}\n', "line 2 key 'id': found the key twice in one object"),
            (line("[1]"), "line 1 /v: found a list, expected one number, text or boolean"),
            (line('"\\u0000"'), "line 1 /v: found '\\x00', expected a text without NUL"),
            (line('"1,5"'), "line 1 /v: found '1,5', expected a number with a decimal point"),
            (line().replace("2026", "26"), "line 1 /at: found '26-11-20T08:00:00Z', expected an ISO 8601 time"),
            (line() + line(), "line 2: found '1' again"),
            ('{"a":' * 200_000, "line 1: found objects nested without end"),
            (b"\xff\xff\n", "line 1 or soon after: found bytes that are not utf-8"),
        ],
    )
    def test_faults_name_line_and_pointer(self, data, said):
        assert refusal(data, flat(items=[{"item": "V", "value": "/v"}])).startswith(said)

    def test_a_list_that_is_none_is_refused(self):
        options = profile("json_lines/list")
        data = LIST.replace(b'"measurements": []', b'"measurements": {}')
        assert refusal(data, options) == "line 4 /measurements: found an object, expected a list of the test's values"


class TestOptions:
    def test_the_profile_of_the_fixture_has_no_fault(self):
        assert list(JsonLinesAdapter().option_faults(profile("json_lines/list"))) == []

    @pytest.mark.parametrize(
        "changes, pointer",
        [
            ({"delimiter": ";"}, "/delimiter"), ({"layout": "list"}, "/list"), ({"list": "/m"}, "/list"),
            ({"rest": {}}, "/rest"), ({"test": {"id": "id", "started": "/at"}}, "/test/id"),
            ({"test": {"id": "/a~2", "started": "/at"}}, "/test/id"),
            ({"test": {"id": {"preamble": "Id"}, "started": "/at"}}, "/test/id"),
            ({"items": [{"item": "V", "value": 3}]}, "/items/0/value"), ({"items": [{"value": "/v"}]}, "/items/0/item"),
            ({"items": [{"item": "V", "value": "/v", "unit": {"header": True}}]}, "/items/0/unit"),
        ],
    )  # fmt: skip
    def test_faults_have_their_pointer(self, changes, pointer):
        faults = list(JsonLinesAdapter().option_faults(flat(**changes)))
        assert pointer in [place for place, _ in faults]

    def test_json_lines_are_never_claimed_without_a_profile(self):
        with pytest.raises(registry.UnknownFormat):
            registry.detect(LIST, "list.jsonl")
        assert registry.get("json_lines").version == "1"


@pytest.mark.law(1)
def test_a_file_cut_off_anywhere_claims_no_pass_that_the_whole_does_not():
    whole = {test.external_id: test for test in outcome(JsonLinesAdapter(), LIST, AS_LIST)}
    for piece in truncations(LIST):
        for test in outcome(JsonLinesAdapter(), piece, AS_LIST) or ():
            assert test == whole[test.external_id]


@settings(max_examples=examples(300), deadline=None)
@given(damaged(LIST), in_encodings(AS_LIST) | st.just(AS_LIST))
def test_damage_is_read_or_refused(data, context):
    claimed_passes(outcome(JsonLinesAdapter(), data, context))
