"""Signatures that were forged, replayed, transplanted, given too late or at once: what refuses each, by its name.

The page refuses what its form does not carry of this person, the service what is not as it was shown, the database
what no act of the product would write, whoever asks through the application's role.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from inspections.people.models import User
from inspections.people.rules import Actor
from inspections.records.models import LedgerEntry
from inspections.records.signing import SHOWN_FOR
from inspections.releases.models import Release, Signature
from inspections.releases.rules import MEANING, ReleaseRefused, digest_of
from inspections.releases.services import propose_release, sign_release
from tests.factories import AT, LONG_AGO
from tests.signing import PASSWORD, carried, shown

pytestmark = [pytest.mark.law(8), pytest.mark.django_db]
LATER = "Read it again, then sign."


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pages act at a stated moment."""

    def go(moment: datetime) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    go(AT)
    return go


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def send(person: User, release: Release, token: str) -> Any:
    fields = {"shown": token, "password": PASSWORD, "read": "on"}
    return browser(person).post(f"/releases/{release.number}/sign/", fields)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode().replace("&#x27;", "'")))


def token_of(response: Any) -> str:
    found = re.search(r'name="shown" value="([^"]+)"', response.content.decode())
    assert found
    return found[1]


def given() -> list[int]:
    return list(Signature.objects.order_by("place").values_list("signer_id", flat=True))


class TestThePage:
    """What the form of the page carries is signed for one person, one subject and one moment."""

    def test_an_hour_old_page_is_refused_and_shown_anew(self, proposal: Release, officers: list[User], clock: Any):
        token = token_of(browser(officers[0]).get(f"/releases/{proposal.number}/"))
        clock(AT + timedelta(hours=1))
        answer = send(officers[0], proposal, token)
        assert (answer.status_code, given()) == (409, [])
        assert "a signature is given within 15 minutes of reading. " + LATER in words(answer)
        assert send(officers[0], proposal, token_of(answer)).status_code == 302
        assert given() == [officers[0].pk]

    def test_a_page_may_be_read_for_a_quarter_of_an_hour(self, proposal: Release, officers: list[User], clock: Any):
        token = token_of(browser(officers[0]).get(f"/releases/{proposal.number}/"))
        clock(AT + SHOWN_FOR)
        assert (send(officers[0], proposal, token).status_code, given()) == (302, [officers[0].pk])

    def test_a_clock_that_was_set_back_behind_the_proposal_is_told_of(
        self, proposal: Release, officers: list[User], clock: Any
    ):
        clock(AT - timedelta(minutes=5))
        answer = send(officers[0], proposal, token_of(browser(officers[0]).get(f"/releases/{proposal.number}/")))
        assert (answer.status_code, given()) == (409, [])
        assert "a clock of the server is wrong. Sign it once that moment has passed." in words(answer)

    def test_the_page_of_another_person_signs_nothing(self, proposal: Release, officers: list[User], clock: Any):
        answer = send(officers[0], proposal, carried(proposal, officers[1]))
        assert (answer.status_code, given()) == (422, [])
        assert "The page did not say what it showed." in words(answer)

    def test_the_page_of_another_release_signs_nothing(self, proposal: Release, officers: list[User], clock: Any):
        other = Release.objects.create(
            number="R-9999", batch=proposal.batch, revision_id=proposal.revision_id, statement="x", digest="0" * 64,
            proposed_by="x", proposer_id=0, proposed_at=AT, lapses_at=AT + timedelta(hours=1),
        )  # fmt: skip
        for token in (carried(other, officers[0]), carried(other, officers[0], digest=proposal.digest)):
            answer = send(officers[0], proposal, token)
            assert (answer.status_code, given()) == (422, [])

    def test_a_character_altered_anywhere_signs_nothing(self, proposal: Release, officers: list[User], clock: Any):
        token = carried(proposal, officers[0])
        for place in range(0, len(token), 11):
            altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            assert (send(officers[0], proposal, altered).status_code, given()) == (422, [])

    def test_the_same_form_sent_again_signs_once(self, proposal: Release, officers: list[User], clock: Any):
        token = carried(proposal, officers[0])
        assert send(officers[0], proposal, token).status_code == 302
        again = send(officers[0], proposal, token)
        assert (again.status_code, given()) == (403, [officers[0].pk])
        assert "You signed it already" in words(again)

    def test_the_form_of_the_first_signer_is_no_second_signature(
        self, proposal: Release, officers: list[User], clock: Any
    ):
        token = carried(proposal, officers[0])
        send(officers[0], proposal, token)
        assert (send(officers[1], proposal, token).status_code, given()) == (422, [officers[0].pk])

    def test_whoever_read_that_they_sign_first_does_not_release_the_cars(
        self, proposal: Release, officers: list[User], clock: Any
    ):
        read = browser(officers[1]).get(f"/releases/{proposal.number}/")
        assert "a second person has to sign too" in words(read)
        send(officers[0], proposal, carried(proposal, officers[0]))
        answer = send(officers[1], proposal, token_of(read))
        assert (answer.status_code, given()) == (409, [officers[0].pk])
        assert "Somebody else signed it since the page was shown. " + LATER in words(answer)
        assert "Sign and release 1 car" in words(answer)
        assert send(officers[1], proposal, token_of(answer)).status_code == 302


class TestTheService:
    def sign(self, release: Release, signer: User, at: datetime = AT, **other: Any) -> Signature:
        return sign_release(release=release, signer=signer, password=PASSWORD, seen=shown(release, at, **other), at=at)

    def test_what_is_shown_is_bound_whole(self, good_car: Any, proposal: Release, officers: list[User]) -> None:
        """One word of the statement, in either language, is another digest: it is part of what is signed."""
        same = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
        assert same.statement == proposal.statement.replace(proposal.number, same.number)
        assert same.digest != proposal.digest
        assert digest_of(proposal.statement + " ", []) != digest_of(proposal.statement, [])

    def test_the_signature_keeps_meaning_name_number_and_digest(self, proposal: Release, officers: list[User]) -> None:
        made = self.sign(proposal, officers[0])
        assert (made.digest, made.personnel_number, made.signed_at) == (
            proposal.digest, officers[0].personnel_number, AT,
        )  # fmt: skip
        assert made.meaning.startswith(MEANING.english)
        assert officers[0].personnel_number in made.printed_name

    @pytest.mark.parametrize("away", [-SHOWN_FOR, SHOWN_FOR])
    def test_a_moment_too_far_away_is_refused(self, proposal: Release, officers: list[User], away: timedelta) -> None:
        at = AT + timedelta(hours=1)
        with pytest.raises(ReleaseRefused) as refusal:
            sign_release(
                release=proposal, signer=officers[0], password=PASSWORD, at=at,
                seen=shown(proposal, at + away + (away / abs(away)) * timedelta(microseconds=1)),
            )  # fmt: skip
        assert (refusal.value.code, given()) == ("page_too_old", [])

    def test_a_closed_account_signs_nothing(self, proposal: Release, officers: list[User]) -> None:
        User.objects.filter(pk=officers[0].pk).update(is_active=False)
        with pytest.raises(ReleaseRefused, match="Your account is closed"):
            self.sign(proposal, officers[0])
        assert given() == []


class TestTheDatabase:
    """Raw statements of the application's role: whoever holds its password can still not forge a signature."""

    def insert(self, release: Release, signer: User, **other: Any) -> None:
        row = {
            "release_id": release.pk, "place": 1, "signer_id": signer.pk, "personnel_number": signer.personnel_number,
            "printed_name": "x", "meaning": "x", "digest": release.digest, "signed_at": AT, "counter": 0, **other,
        }  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"insert into inspections_signature ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})",
                list(row.values()),
            )

    def refused(self, match: str, *row: Any, **other: Any) -> None:
        with pytest.raises(DatabaseError, match=match):
            self.insert(*row, **other)

    def test_it_is_bound_to_the_digest_of_what_it_signs(self, proposal: Release, officers: list[User]) -> None:
        self.refused("bound to the digest of the release", proposal, officers[0], digest="0" * 64)

    def test_the_second_place_is_not_taken_first(self, proposal: Release, officers: list[User]) -> None:
        self.refused("places are taken in turn", proposal, officers[0], place=2)
        self.insert(proposal, officers[0])
        self.refused("places are taken in turn", proposal, officers[1], place=1)

    def test_one_person_does_not_sign_twice(self, proposal: Release, officers: list[User]) -> None:
        self.insert(proposal, officers[0])
        self.refused("signature_four_eyes", proposal, officers[0], place=2)

    def test_the_personnel_number_is_that_of_the_account(self, proposal: Release, officers: list[User]) -> None:
        self.refused("its own personnel number", proposal, officers[0], personnel_number="")
        self.refused("its own personnel number", proposal, officers[0], personnel_number=officers[1].personnel_number)

    def test_the_account_is_there_and_in_use(self, proposal: Release, officers: list[User]) -> None:
        self.refused("an account in use", proposal, officers[0], signer_id=10**9)
        User.objects.filter(pk=officers[0].pk).update(is_active=False)
        self.refused("an account in use", proposal, officers[0])

    def test_it_is_given_between_proposal_and_lapse(self, proposal: Release, officers: list[User]) -> None:
        self.refused("before it lapses", proposal, officers[0], signed_at=proposal.lapses_at)
        self.refused("after it is proposed", proposal, officers[0], signed_at=LONG_AGO)

    def test_it_is_not_moved_to_another_release(self, proposal: Release, officers: list[User]) -> None:
        self.insert(proposal, officers[0])
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Signature.objects.update(release_id=proposal.pk + 1)

    def test_no_temporary_table_stands_in_for_the_record(
        self, plant: Any, record: Any, good_car: Any, officers: list[User]
    ) -> None:
        """Whoever inspected the car, with tables of the session's own in which nobody inspected anything."""
        record(plant.posted("CRS-EOL", operator=officers[1].personnel_number))
        release = propose_release(batch=good_car.batch, vehicle_ids=None, actor=Actor.person(officers[0]), at=AT)
        with connection.cursor() as cursor:
            cursor.execute("select set_config('search_path', 'pg_temp, public', true)")
            for name in ("inspection", "user", "release", "releasedvehicle", "signature", "operatoralias", "fitting"):
                table = f"inspections_{name}"
                cursor.execute(f"create temp table {table} (like public.{table}) on commit drop")
            with pytest.raises(DatabaseError, match="nobody releases what they inspected"), transaction.atomic():
                cursor.execute(
                    "insert into public.inspections_signature (release_id, place, signer_id, personnel_number,"
                    " printed_name, meaning, digest, signed_at, counter) values (%s, 1, %s, %s, 'x', 'x', %s, %s, 0)",
                    [release.pk, officers[1].pk, officers[1].personnel_number, release.digest, AT],
                )


def test_a_wrong_password_is_on_the_record_before_anything_is_signed(proposal: Release, officers: list[User]) -> None:
    with pytest.raises(ReleaseRefused) as refusal:
        sign_release(release=proposal, signer=officers[0], password="guess", seen=shown(proposal, AT), at=AT)
    assert refusal.value.code == "not_authenticated"
    entry = LedgerEntry.objects.latest("id")
    assert (entry.act, entry.subject, entry.actor_id) == ("signature.refused", proposal.number, officers[0].pk)
