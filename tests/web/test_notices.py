import re
from datetime import timedelta

import pytest

from inspections.notices.models import NoticeChoice, NoticeMail
from inspections.people.choices import Role
from inspections.records.models import LedgerEntry
from tests.factories import AT


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def offered(page, name):
    """What a select offers, and what is chosen in it."""
    control = re.search(rf'<select name="{name}".*?</select>', page.content.decode(), re.S).group()
    return re.findall(r'value="(\w+)"', control), re.search(r'value="(\w+)" selected', control).group(1)


GIVEN = {"language": "zh-hans", "time_zone": "Europe/Berlin", "digest_hour": "6"}


def fields_of(page, **changed):
    names = re.findall(r'<select name="(\w+)"', page.content.decode())
    return {name: offered(page, name)[1] for name in names if name not in GIVEN} | GIVEN | changed


@pytest.fixture(autouse=True)
def _by_mail(settings):
    settings.NOTICES_BY_MAIL = True


def with_address(client, address="e@plant.example"):
    client.person.email = address
    client.person.save()
    return client


def test_an_engineer_is_told_at_once_of_flags_and_cannot_switch_them_off(engineer):
    page = with_address(engineer).get("/notices/")
    assert "You are told at e@plant.example" in words(page)
    assert offered(page, "flag") == (["at_once", "digest"], "at_once")
    assert offered(page, "delivered") == (["at_once"], "at_once")
    assert offered(page, "released") == (["at_once", "digest", "none"], "none")
    assert "You answer for this: it can wait for the digest, and not be switched off." in words(page)


def test_who_has_no_such_role_is_told_nothing_and_may_choose_anything(inspector):
    page = with_address(inspector).get("/notices/")
    assert offered(page, "flag") == (["at_once", "digest", "none"], "none")
    assert "You answer for this" not in words(page)


def test_what_is_chosen_is_kept_and_stands_in_the_ledger(engineer):
    page = engineer.get("/notices/")
    response = engineer.post("/notices/", fields_of(page, flag="digest", released="at_once"))
    assert (response.status_code, response["Location"]) == (302, "/notices/")
    again = engineer.get("/notices/")
    assert (offered(again, "flag")[1], offered(again, "released")[1]) == ("digest", "at_once")
    chosen = NoticeChoice.objects.get()
    assert (chosen.person, chosen.language, chosen.time_zone, chosen.digest_hour, chosen.chosen_at) == (
        engineer.person, "zh-hans", "Europe/Berlin", 6, AT,
    )  # fmt: skip
    entry = LedgerEntry.objects.get(act="notices.chosen")
    assert (entry.subject, entry.before, entry.after["paces"]["flag"]) == (str(engineer.person), None, "digest")


def test_choosing_the_same_again_is_no_act(engineer):
    fields = fields_of(engineer.get("/notices/"))
    engineer.post("/notices/", fields)
    engineer.post("/notices/", fields)
    assert LedgerEntry.objects.filter(act="notices.chosen").count() == 1


def test_what_cannot_be_chosen_is_refused_and_changes_nothing(engineer):
    offered = engineer.get("/notices/")
    for changed in (
        {"flag": "none"},
        {"delivered": "digest"},
        {"flag": "sometimes"},
        {"flag": ""},
        {"language": "tlh"},
        {"time_zone": "../../etc/passwd"},
        {"digest_hour": "24"},
        {"digest_hour": "-1"},
        {"digest_hour": "x\x00"},
    ):
        response = engineer.post("/notices/", fields_of(offered, **changed))
        assert (changed, response.status_code, NoticeChoice.objects.count()) == (changed, 422, 0)


def test_a_field_left_out_is_refused(engineer):
    assert engineer.post("/notices/", {}).status_code == 422


@pytest.mark.law(8)
def test_nobody_chooses_for_another(engineer, inspector):
    from inspections.notices.rules import NoticeRefused
    from inspections.notices.services import Choice, choose_notices
    from inspections.people.rules import Actor

    choice = Choice("en", "Asia/Shanghai", 7, {"flag": "none"})
    for actor in (Actor.person(engineer.person), Actor.system()):
        with pytest.raises(NoticeRefused, match="Everybody chooses for themselves"):
            choose_notices(person=inspector.person, choice=choice, actor=actor, at=AT)


@pytest.mark.law(1)
def test_a_choice_made_before_the_role_binds_no_more_than_the_role_allows(inspector):
    from inspections.notices.choices import Kind, Pace
    from inspections.notices.rules import pace_of

    inspector.post("/notices/", fields_of(inspector.get("/notices/"), flag="none"))
    chosen = NoticeChoice.objects.get().paces
    assert pace_of(Kind.FLAG, [Role.INSPECTOR], chosen) is Pace.NONE
    assert pace_of(Kind.FLAG, [Role.INSPECTOR, Role.ENGINEER], chosen) is Pace.DIGEST


def test_the_page_says_where_nothing_can_be_mailed_and_why(engineer, settings):
    assert "Nothing can be mailed to you: no address of yours is known" in words(engineer.get("/notices/"))
    settings.NOTICES_BY_MAIL = False
    assert "Nobody is told by mail here: no mail server is named" in words(engineer.get("/notices/"))


def test_the_page_shows_what_became_of_ones_own_mails_and_of_no_others(engineer, inspector, django_assert_num_queries):
    def wrote(person, **fields):
        given = {"pace": "at_once", "opened_at": AT, "closes_at": AT, "composed_at": AT, **fields}
        return NoticeMail.objects.create(person=person, **given)

    wrote(engineer.person, state="sent", sent_at=AT + timedelta(minutes=1), subject="Car 1 fails")
    with django_assert_num_queries(5):
        engineer.get("/notices/")
    wrote(engineer.person, state="ready", attempts=3, last_error="ConnectionRefusedError", subject="Car 2 <b>fails</b>")
    wrote(engineer.person, state="refused", subject="Car 3 fails", last_error="550")
    wrote(inspector.person, state="sent", sent_at=AT, subject="Another's")
    with django_assert_num_queries(5):
        page = engineer.get("/notices/")
    said = words(page)
    assert "Sent Car 1 fails 2026-11-23 08:01" in said
    assert "The mail server does not take it yet Car 2 &lt;b&gt;fails&lt;/b&gt;" in said
    assert "Given up Car 3 fails" in said
    assert "Another" not in said
