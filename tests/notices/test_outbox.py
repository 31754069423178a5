"""The outbox: nothing is lost, nothing becomes a storm, whatever commits when and whoever dies where (law 7)."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection, transaction
from hypothesis import given, settings, strategies
from hypothesis.extra.django import TestCase

from inspections.notices.choices import Pace
from inspections.notices.models import NoticeLine, NoticeMail, Untold
from inspections.notices.rules import Gathered, closes_as_digest, closes_at_once, retry_after
from inspections.notices.services import compose_mails, gather_notices, send_mails
from inspections.people.choices import Role
from inspections.people.models import User
from inspections.records.models import LedgerEntry
from inspections.records.services import record_act
from tests.depth import examples
from tests.factories import AT, SYSTEM, Plant, make_person
from tests.notices.telling import fail_cars, run

MINUTE = timedelta(minutes=1)
UNKNOWN = "characteristic.unknown"


def tell_of(rig: str, at: datetime = AT) -> LedgerEntry:
    """An entry of which catalogue owners and engineers are told."""
    return record_act(
        actor=SYSTEM, act=UNKNOWN, subject_kind="rig", subject=rig, at=at, after={"characteristics": [f"X-{rig}"]}
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.law(7)
def test_law_7_an_entry_that_becomes_visible_after_a_later_one_was_told_is_told(engineer: User) -> None:
    """Numbers of the ledger are given before they commit: a cursor over them would pass over the slower act."""
    begun, go_on = threading.Event(), threading.Event()
    numbers: dict[str, int] = {}

    def slow() -> None:
        try:
            with transaction.atomic():
                numbers["slow"] = tell_of("SLOW").pk
                begun.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(10)
    numbers["fast"] = tell_of("FAST").pk
    assert numbers["slow"] < numbers["fast"]
    assert gather_notices(at=AT) == 1
    go_on.set()
    thread.join()
    assert gather_notices(at=AT) == 1
    assert set(NoticeLine.objects.values_list("entry_id", flat=True)) == set(numbers.values())


@pytest.mark.django_db
def test_an_act_that_is_rolled_back_is_told_to_nobody(engineer: User) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell_of("R-1")
        raise ZeroDivisionError
    assert (gather_notices(at=AT), NoticeMail.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_act_of_which_nobody_is_told_is_not_even_noted(plant: Plant) -> None:
    Untold.objects.all().delete()
    record_act(actor=SYSTEM, act="inspection.recorded", subject_kind="rig", subject="EOL-3", at=AT)
    assert not Untold.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_whoever_dies_while_gathering_or_writing_leaves_all_as_it_was(
    engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspections.notices import services

    def dies(*_: Any) -> None:
        raise ZeroDivisionError

    tell_of("R-1")
    with monkeypatch.context() as broken:
        broken.setattr("inspections.notices.gathering._add_lines", dies)
        with pytest.raises(ZeroDivisionError):
            gather_notices(at=AT)
    assert (Untold.objects.count(), NoticeMail.objects.count()) == (1, 0)
    gather_notices(at=AT)
    late = AT + timedelta(days=1)
    with monkeypatch.context() as broken:
        broken.setattr(services, "compose_mail", dies)
        with pytest.raises(ExceptionGroup, match="1 mails cannot be written"):
            compose_mails(at=late)
    assert (NoticeMail.objects.get().state, NoticeLine.objects.count()) == ("gathering", 1)
    assert len(run(late)) == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_dies_after_the_server_took_a_mail_sends_the_same_one_again(
    engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_of("R-1")
    late = AT + timedelta(days=1)
    gather_notices(at=AT)
    compose_mails(at=late)
    with monkeypatch.context() as broken:
        broken.setattr(NoticeMail, "save", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send_mails(at=late)
    assert NoticeMail.objects.get().state == "ready"
    assert send_mails(at=late) == 1
    first, second = mail.outbox
    assert first.extra_headers == second.extra_headers
    assert (first.subject, first.body, first.alternatives) == (second.subject, second.body, second.alternatives)


@pytest.mark.django_db
def test_running_again_and_again_sends_nothing_twice(plant: Plant, engineer: User) -> None:
    fail_cars(plant, [plant.vehicle])
    for place in range(20):
        run(AT + place * MINUTE)
    assert len(mail.outbox) == 1


class TestEverything(TestCase):
    """Acts, runs and broken runs in any order: each act is told to each reader once, in few mails."""

    @settings(max_examples=examples(30))
    @given(
        strategies.lists(
            strategies.one_of(
                strategies.tuples(strategies.just("act"), strategies.integers(1, 5)),
                strategies.tuples(strategies.just("wait"), strategies.integers(1, 240)),
                strategies.tuples(strategies.sampled_from(["gather", "compose", "send", "away"]), strategies.just(0)),
            ),
            min_size=5,
            max_size=40,
        )
    )
    @pytest.mark.law(7)
    def test_law_7_every_act_is_told_to_every_reader_and_no_mail_is_sent_twice(
        self, story: list[tuple[str, int]]
    ) -> None:
        from django.conf import settings as configured
        from django.test import override_settings

        mail.outbox.clear()
        people = [make_person(Role.ENGINEER), make_person(Role.CATALOGUE_OWNER, Role.ENGINEER)]
        for person in people:
            person.email = f"{person.username}@plant.example"
            person.save()
        own = "django.core.mail.backends.locmem.EmailBackend"
        at, told = AT, 0
        for what, much in story:
            if what == "act":
                for _ in range(much):
                    told += 1
                    tell_of(f"R{told:03d}", at)
            at += timedelta(minutes=much if what == "wait" else 1)
            away = "tests.notices.test_outbox.Away" if what == "away" else own
            with override_settings(EMAIL_BACKEND=away):
                if what == "gather":
                    gather_notices(at=at)
                if what == "compose":
                    compose_mails(at=at)
                if what in {"send", "away"}:
                    send_mails(at=at)
        gather_notices(at=at)
        for _ in range(3):
            at += timedelta(days=1)
            compose_mails(at=at)
            send_mails(at=at)
        assert own == configured.EMAIL_BACKEND
        for person in people:
            sent = [each for each in mail.outbox if each.to == [person.email]]
            named = Counter(code for each in sent for code in re.findall(r"X-R\d{3}", each.body))
            assert sum(NoticeMail.objects.filter(person=person).values_list("entries", flat=True)) == told
            assert set(named.values()) <= {1}
            assert len({each.extra_headers["Message-ID"] for each in sent}) == len(sent)
            days = (at - AT).days + 1
            assert len(sent) <= days


class Away:
    """A mail server that is out of reach."""

    def __init__(self, **_: Any) -> None: ...

    def send_messages(self, _: Any) -> int:
        raise ConnectionRefusedError("nobody listens")


class TestTimes:
    @given(
        gaps=strategies.lists(strategies.integers(0, 90), min_size=1, max_size=200),
        gather=strategies.integers(1, 600),
    )
    def test_mails_at_once_are_never_more_than_some_in_an_hour_and_wait_at_most_one(
        self, gaps: list[int], gather: int
    ) -> None:
        wait = timedelta(seconds=gather)
        at, last, closes = AT, None, []
        for gap in gaps:
            at += timedelta(minutes=gap)
            if last is None or at >= last.closes_at:
                last = Gathered(at, closes_at_once(at, last, wait))
                closes.append(last.closes_at)
                assert timedelta(0) < last.closes_at - at <= timedelta(hours=1)
        for first, seventh in zip(closes, closes[7:], strict=False):
            assert seventh - first >= min(timedelta(minutes=40), 7 * wait)

    @given(
        at=strategies.integers(0, 4 * 366 * 24 * 60).map(lambda some: datetime(2026, 1, 1, tzinfo=UTC) + some * MINUTE),
        zone=strategies.sampled_from(
            ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Tehran"]
        ),
        hour=strategies.integers(0, 23),
    )
    def test_a_digest_closes_within_the_next_day_at_the_hour_of_the_zone(
        self, at: datetime, zone: str, hour: int
    ) -> None:
        from zoneinfo import ZoneInfo

        closes = closes_as_digest(at, zone, hour)
        assert timedelta(0) < closes - at <= timedelta(hours=25)
        assert closes.astimezone(ZoneInfo(zone)).hour in {hour, (hour + 1) % 24}

    @given(attempts=strategies.integers(1, 10_000), jitter=strategies.floats(0, 1))
    def test_a_mail_is_tried_again_within_a_quarter_of_an_hour_and_not_at_once(
        self, attempts: int, jitter: float
    ) -> None:
        assert timedelta(seconds=15) <= retry_after(attempts, jitter) <= timedelta(minutes=15)


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.fixture(autouse=True)
    def _sent(self, plant: Plant, engineer: User) -> None:
        fail_cars(plant, [plant.vehicle])
        run(AT)
        run(AT + MINUTE)

    @pytest.mark.parametrize("column", ["text", "address", "state", "sent_at", "person_id"])
    def test_a_mail_that_was_sent_stays_as_it_was(self, column: str) -> None:
        with pytest.raises(DatabaseError, match=r"changes no more|written once"), transaction.atomic():
            NoticeMail.objects.update(**{column: "" if column in {"text", "address", "state"} else None})

    def test_a_person_has_one_mail_that_gathers_for_each_pace(self, engineer: User) -> None:
        fields = {"person": engineer, "pace": Pace.AT_ONCE, "opened_at": AT, "closes_at": AT}
        NoticeMail.objects.create(**fields)
        with pytest.raises(DatabaseError, match="notice_mail_gathers_once"), transaction.atomic():
            NoticeMail.objects.create(**fields)

    def test_the_acts_that_the_trigger_notes_are_those_that_are_told(self) -> None:
        from importlib import import_module

        from inspections.notices.findings import TOLD
        from inspections.notices.wording import _SAID

        migration = import_module("inspections.migrations.0006_ledger_tells")
        assert list(TOLD) == migration.TOLD
        assert sorted(_SAID) == list(TOLD)


def test_gathering_does_not_ask_more_of_the_database_for_more_entries(
    plant: Plant, engineer: User, django_assert_num_queries: Any, reader: Callable[..., User]
) -> None:
    reader(Role.CATALOGUE_OWNER, Role.ENGINEER)
    Untold.objects.all().delete()
    for number in (1, 3):
        for place in range(number):
            tell_of(f"R{number}{place}")
        with django_assert_num_queries(11 if number == 1 else 10):
            gather_notices(at=AT)


@pytest.mark.django_db(transaction=True)
def test_a_mail_that_cannot_be_written_keeps_no_other_waiting(
    engineer: User, reader: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspections.notices import services
    from inspections.tasks.notices import tell_people

    reader(Role.ENGINEER)
    tell_of("R-1")
    gather_notices(at=AT)
    whole = services.compose_mail

    def breaks_for_one(each: NoticeMail, at: datetime) -> None:
        if each.person_id == engineer.pk:
            raise ZeroDivisionError
        whole(each, at)

    monkeypatch.setattr(services, "compose_mail", breaks_for_one)
    with pytest.raises(ExceptionGroup, match="1 mails cannot be written"):
        tell_people()
    assert [each.to[0] for each in mail.outbox] != [engineer.email]
    assert len(mail.outbox) == 1
