"""A catalogue owner changes what a plan asks of one procedure; what a plan file may not say is refused here too."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from inspections.catalogue.models import Characteristic, PlanRevision
from inspections.catalogue.queries import lines_of
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from tests import factories
from tests.signing import PASSWORD, carried

ADDRESS = "/plans/CP-SU7-MAX-CN/draft/BAT-EOL/"


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def owner(sign_in):
    return sign_in(Role.CATALOGUE_OWNER)


def filled(response, **changes):
    """What a browser would send of the page, with changes by field name."""
    lines, note = response.context["lines"], response.context["note"]
    sent = {f"line-{name}": value for name, value in lines.management_form.initial.items()}
    for form in [*lines.forms, note]:
        for field in form:
            value = field.value()
            if getattr(field.field.widget, "input_type", "") == "checkbox":
                if value:
                    sent[field.html_name] = "on"
            elif value is not None:
                sent[field.html_name] = value
    sent |= changes
    return {name: value for name, value in sent.items() if value is not None}


def newest():
    return PlanRevision.objects.order_by("-number").first()


def by_code(revision):
    return {line.characteristic: line for line in lines_of(revision)}


def test_the_page_shows_the_lines_of_one_procedure_as_they_are(plant, owner):
    response = owner.get(ADDRESS)
    shown = [form.initial.get("characteristic") for form in response.context["lines"]]
    assert shown == ["BOND", "ISO", "HVIL", None, None]
    bond = response.context["lines"].forms[0].initial
    assert (bond["upper"], bond["upper_strict"], bond["uncertainty"], bond["positions"]) == (
        "0.1", True, "0", "charge-port, pack",
    )  # fmt: skip
    assert "Revision 2 is drafted: these lines, and all others as revision 1 has them." in words(response)
    assert "two others approve it before it is in force" in words(response)


def test_a_limit_is_changed_as_written_and_all_else_stays(plant, owner):
    before = list(plant.revision.requirements.order_by("pk").values())
    sent = filled(owner.get(ADDRESS), **{"line-0-upper": "0.050", "line-0-upper_strict": None, "note": "Tighter"})
    response = owner.post(ADDRESS, sent)
    assert (response.status_code, response["Location"]) == (302, "/plans/CP-SU7-MAX-CN/2/")
    draft = newest()
    assert (draft.number, draft.status, draft.author, draft.note) == (2, "draft", owner.person, "Tighter")
    bond = by_code(draft)["BOND"]
    assert (str(bond.upper), bond.upper_inclusive, bond.legal) == ("0.050", True, True)
    others = [line.characteristic for line in lines_of(draft)]
    assert others == [line.characteristic for line in lines_of(plant.revision)]
    assert list(plant.revision.requirements.order_by("pk").values()) == before
    assert LedgerEntry.objects.get(act="plan.drafted").actor_id == owner.person.pk


def test_a_line_is_taken_out_and_another_added(plant, owner):
    Characteristic.objects.create(
        code="CELL", name="Cell", procedure=plant.procedures["BAT-EOL"], kind="variable", unit="V",
        confidence="plant-default",
    )  # fmt: skip
    added = {
        "line-3-characteristic": "CELL", "line-3-expression": "inside", "line-3-lower": "3.0",
        "line-3-level": "every_vehicle",
    }  # fmt: skip
    sent = filled(owner.get(ADDRESS), **{"line-2-out": "on"}, **added)
    assert owner.post(ADDRESS, sent).status_code == 302
    found = by_code(newest())
    assert ("HVIL" in found, str(found["CELL"].lower)) == (False, "3.0")


@pytest.mark.law(1)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"line-0-upper": ""}, "BOND: inside lacks lower or upper: with no limit stated nothing could ever pass"),
        ({"line-0-upper": "NaN"}, "BOND: found 'NaN', expected a decimal of at most 30 digits, exponent within ±30"),
        ({"line-0-uncertainty": ""}, "BOND: a critical variable states its uncertainty; not stated is not allowed"),
        ({"line-0-repeats": "1"}, "BOND: found repeats 1, expected 0: a critical characteristic has no free repeat"),
        ({"line-0-confidence": "read"}, "BOND: the confidence read needs a standard on the same line"),
        ({"line-0-level": "sample"}, "BOND: the level is sample: state how many samples, and of what"),
    ],
)
def test_law_1_what_a_plan_may_not_ask_is_refused_in_words_and_nothing_is_lost(plant, owner, changes, said):
    response = owner.post(ADDRESS, filled(owner.get(ADDRESS), **changes))
    assert response.status_code == 422
    found = [problem for problem in response.context["problems"] if problem["text"] == said]
    assert found == [{"text": said, "lang": "", "id": "id_line-0-characteristic"}]
    ((name, typed),) = changes.items()
    index, field = name.removeprefix("line-").split("-")
    assert response.context["lines"].forms[int(index)][field].value() == typed
    assert PlanRevision.objects.count() == 1


def test_what_the_checks_find_is_said_in_the_language_of_the_reader(plant, owner):
    owner.cookies["django_language"] = "zh-hans"
    with override("en"):
        response = owner.post(ADDRESS, filled(owner.get(ADDRESS), **{"line-0-upper": "", "line-0-repeats": "1"}))
    assert sorted(problem["text"] for problem in response.context["problems"]) == [
        "BOND：inside缺少lower或upper：未写明限值，任何结果都不能合格",
        "BOND：发现repeats为1，应为0：关键特性不得自行重测",
    ]
    assert '<ul class="problems"><li>' in response.content.decode()


@pytest.mark.law(1)
def test_law_1_lines_that_a_cut_off_form_did_not_send_stay(plant, owner):
    sent = filled(owner.get(ADDRESS))
    cut = {name: value for name, value in sent.items() if not name.startswith(("line-1", "line-2", "line-3", "line-4"))}
    assert owner.post(ADDRESS, cut | {"line-TOTAL_FORMS": "1", "line-INITIAL_FORMS": "1"}).status_code in {302, 422}
    assert {"ISO", "HVIL"} <= by_code(newest()).keys()


def test_lines_of_another_procedure_cannot_be_named_here(plant, owner):
    sent = filled(owner.get(ADDRESS), **{"line-0-number": "4", "line-0-characteristic": "BRAKE"})
    assert owner.post(ADDRESS, sent).status_code == 422
    assert PlanRevision.objects.count() == 1


def test_what_was_changed_meanwhile_is_not_written_over(plant, owner):
    sent = filled(owner.get(ADDRESS), **{"line-0-upper": "0.09"})
    assert owner.post(ADDRESS, sent).status_code == 302
    again = owner.post(ADDRESS, sent | {"line-0-upper": "0.2"})
    assert (again.status_code, "its newest revision is 2" in words(again)) == (409, True)
    assert str(by_code(newest())["BOND"].upper) == "0.09"


@pytest.mark.law(4)
def test_law_4_a_draft_with_an_approval_is_followed_by_another_and_stays(plant, owner, sign_in):
    sent = filled(owner.get(ADDRESS), **{"line-0-upper": "0.09"})
    owner.post(ADDRESS, sent)
    draft = newest()
    approver = sign_in(Role.CATALOGUE_OWNER)
    approver.post(
        f"/plans/CP-SU7-MAX-CN/{draft.number}/approve/",
        {"shown": carried(draft, approver.person), "password": PASSWORD},
    )
    response = owner.get(ADDRESS)
    assert "Revision 3 is drafted" in words(response)
    assert owner.post(ADDRESS, filled(response, **{"line-0-upper": "0.2"})).status_code == 302
    assert (newest().number, str(by_code(draft)["BOND"].upper)) == (3, "0.09")


def test_what_is_not_there_is_not_found(plant, owner):
    for address in ("/plans/NO/draft/BAT-EOL/", "/plans/CP-SU7-MAX-CN/draft/NO/", "/plans/%00/draft/%00/"):
        assert (address, owner.get(address).status_code) == (address, 404)


def test_the_page_of_the_plan_leads_an_owner_there_and_nobody_else(plant, owner, inspector):
    link = f'href="{ADDRESS}"'
    assert [link in client.get("/plans/CP-SU7-MAX-CN/").content.decode() for client in (owner, inspector)] == [
        True, False,
    ]  # fmt: skip
    factories.make_revision(plant.configuration, factories.LINES)
    assert link not in owner.get("/plans/CP-SU7-MAX-CN/1/").content.decode()


def test_it_takes_as_many_statements_with_seven_lines_as_with_one(plant, owner):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert owner.get(ADDRESS).status_code == 200
        return len(captured)

    many = count()
    factories.make_revision(plant.configuration, factories.LINES[:1])
    assert (count(), many) == (many, 11)


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        (
            {"line-0-positions": "pack, pack"},
            "positions names something twice: 'pack', 'pack'",
            "位置中有重复项：'pack'、'pack'",
        ),
        (
            {"line-0-positions": "-pack"},
            "found '-pack' for an entry of positions, expected at most 64 letters, digits and . _ - with no blank or"
            " sign first",
            "位置中的一项为'-pack'，应为最多64个字母、数字和 . _ -，且不以空格或符号开头",
        ),
        (
            {"line-0-level": "sample", "line-0-size": "3"},
            "found '' for basis, expected one of per_period, per_batch",
            "抽样基准为''，应为以下之一：per_period、per_batch",
        ),
    ],
)
def test_what_the_format_of_a_plan_does_not_allow_is_refused_in_the_language_of_the_page(
    plant, owner, changes, english, chinese
):
    for language, said in (("en", english), ("zh-CN", chinese)):
        sent = filled(owner.get(ADDRESS), **changes)
        response = owner.post(ADDRESS, sent, headers={"accept-language": language})
        assert (response.status_code, PlanRevision.objects.count()) == (422, 1)
        found = [(problem["text"], problem["lang"], problem["id"]) for problem in response.context["problems"]]
        assert (said, "", "id_line-0-characteristic") in found


def test_every_line_names_its_characteristic_in_the_language_of_the_page_though_it_is_folded(plant, owner):
    Characteristic.objects.filter(code="BOND").update(name="Bonding", name_zh="等电位连接")
    for language, name in (("en", "Bonding"), ("zh-CN", "等电位连接")):
        html = owner.get(ADDRESS, headers={"accept-language": language}).content.decode()
        assert f'<summary><b>{name}</b> <span class="code">BOND</span>' in html
        assert f'<option value="BOND" selected>BOND {name}</option>' in html


def test_the_unit_stands_beside_each_limit(plant, owner):
    units = [(row[0].initial.get("characteristic"), row[3]) for row in owner.get(ADDRESS).context["told"]]
    assert units == [("BOND", "Ω"), ("ISO", "Ω/V"), ("HVIL", ""), (None, ""), (None, "")]
    page = owner.get(ADDRESS).content.decode()
    assert page.count('<div class="with-unit">') == 6  # lower, upper and uncertainty of two lines
    sent = filled(owner.get(ADDRESS), **{"line-0-unit": "mohm", "line-0-level": ""})
    assert owner.post(ADDRESS, sent).context["told"][0][3] == "mΩ"


def test_a_draft_says_what_it_asks_otherwise_than_the_revision_in_force(plant, owner, monkeypatch):
    response = owner.get(ADDRESS)
    assert response.context["changes"] == []
    assert "These are the lines of revision 1, which is in force." in words(response)
    owner.post(ADDRESS, filled(response, **{"line-0-upper": "0.050", "line-2-out": "on"}))
    response = owner.get(ADDRESS)
    assert "What revision 2 asks otherwise than revision 1, which is in force" in words(response)
    told = [(change.kind, change.line.code) for change in response.context["changes"]]
    # The lines of the small plant name no market, which drafting them fills in.
    assert told == [("changed", "BOND"), ("changed", "ISO"), ("taken_out", "HVIL")]
    assert ("Required", "less than 0.1 Ω", "less than 0.050 Ω") in response.context["changes"][0].parts
    assert [(row[2].kind if row[2] else "") for row in response.context["told"]] == [
        "changed", "changed", "", "",
    ]  # fmt: skip
    monkeypatch.setattr("inspections.web.views.drafting.changes_between", lambda *_: [])
    assert "Of this procedure revision 2 asks the same as revision 1, which is in force." in words(owner.get(ADDRESS))
