"""The pages of papers, and the one page that strangers may open."""

import json
import re

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisGone

from inspections.certificates.models import Certificate
from inspections.certificates.rules import shown_number
from inspections.people.choices import Role
from inspections.results.services import record_inspections
from inspections.web import public_rate


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.SUBMISSIONS_DIR = str(tmp_path / "store")
    settings.SITE_ADDRESS = "https://interlock.plant.example"
    cache.clear()


@pytest.fixture
def released(plant, standing_released_plant):
    return plant.vehicle


@pytest.fixture
def officer(sign_in):
    return sign_in(Role.RELEASE_OFFICER)


@pytest.fixture
def paper(released, sealing_key, officer):
    assert officer.post(f"/vehicles/{released.vin}/certificates/").status_code == 302
    return Certificate.objects.get()


def page_of(paper, part=""):
    return f"/certificates/{shown_number(paper.number)}/{part}"


def plain(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


class TestPages:
    def test_the_page_says_beforehand_what_issuing_does(self, officer, released, sealing_key):
        said = plain(officer.get(f"/vehicles/{released.vin}/certificates/"))
        assert "No certificate of this car was issued yet" in said
        assert "It is no certificate of conformity under any law, and says so." in said
        assert "Issue the certificate" in said

    def test_issuing_leads_to_the_paper_and_asking_again_to_the_same(self, officer, released, paper):
        again = officer.post(f"/vehicles/{released.vin}/certificates/", follow=True)
        assert again.redirect_chain == [(page_of(paper), 302)]
        assert f"Nothing has changed since {shown_number(paper.number)} was issued: it stands." in plain(again)
        assert Certificate.objects.count() == 1
        assert "This car has a valid certificate" in plain(officer.get(f"/vehicles/{released.vin}/certificates/"))

    def test_a_car_that_may_not_leave_is_told_why(self, officer, plant, sealing_key):
        answer = officer.post(f"/vehicles/{plant.vehicle.vin}/certificates/")
        assert answer.status_code == 409
        assert "Nothing was issued." in plain(answer)

    def test_without_a_key_the_page_says_what_is_missing_and_offers_no_button(self, officer, released, keys_folder):
        said = plain(officer.get(f"/vehicles/{released.vin}/certificates/"))
        assert "Nothing can be issued here now." in said
        assert "manage.py new_sealing_key" in said
        assert "Issue the certificate" not in said

    def test_without_the_extra_the_page_says_how_to_install_it(self, officer, released, sealing_key, monkeypatch):
        from inspections.certificates import papers

        monkeypatch.setattr(papers, "find_spec", lambda name: None)
        said = plain(officer.get(f"/vehicles/{released.vin}/certificates/"))
        assert "python -m pip install --require-hashes -r requirements-papers.txt" in said
        assert officer.post(f"/vehicles/{released.vin}/certificates/").status_code == 409

    def test_paper_record_checker_and_keys_are_saved_and_fit_together(self, sign_in, paper, tmp_path):
        from inspections.certificates.check_certificate import main

        auditor = sign_in(Role.AUDITOR)
        names = {"paper/": "p.pdf", "record/": "r.json"}
        for part, name in names.items():
            answer = auditor.get(page_of(paper, part))
            assert "attachment" in answer.headers["Content-Disposition"]
            (tmp_path / name).write_bytes(answer.content)
        (tmp_path / "k.pem").write_bytes(auditor.get("/certificates/keys/").content)
        assert b"def read_code" in auditor.get("/certificates/checker/").content
        words = [str(tmp_path / name) for name in ("k.pem", "r.json", "p.pdf")]
        assert main([words[0], "--record", words[1], "--pdf", words[2]]) == 0

    def test_a_paper_that_lies_nowhere_or_was_altered_on_disk_is_never_handed_out(self, officer, paper):
        from inspections.intake.storage import path_of

        place = path_of(paper.pdf_sha256)
        place.chmod(0o600)
        place.write_bytes(place.read_bytes()[:-1] + b"x")
        assert officer.get(page_of(paper, "paper/")).status_code == 500
        place.unlink()
        assert officer.get(page_of(paper, "paper/")).status_code == 404

    def test_revoking_asks_why_and_is_told_on_every_page(self, officer, released, paper):
        assert officer.post(page_of(paper, "revoke/"), {"reason": ""}).status_code == 422
        answer = officer.post(page_of(paper, "revoke/"), {"reason": "a slip"}, follow=True)
        assert "It was revoked at 2026-11-23 08:00: a slip" in plain(answer)
        assert "No certificate of this car is valid now" in plain(
            officer.get(f"/vehicles/{released.vin}/certificates/")
        )
        assert officer.post(page_of(paper, "revoke/"), {"reason": "again"}).status_code == 409
        assert "Paper" in plain(officer.get(f"/vehicles/{released.vin}/"))

    def test_a_dossier_is_issued_on_the_page_of_its_batch(self, officer, plant, released, sealing_key):
        answer = officer.post(f"/batches/{plant.batch.number}/certificates/", follow=True)
        assert "Genuine and valid" in plain(answer)
        assert Certificate.objects.get().kind == "batch"

    @pytest.mark.parametrize("number", ["NONE", "A" * 16, "%00", "é" * 16, "x" * 300])
    def test_a_number_that_is_none_is_not_found(self, officer, number):
        assert officer.get(f"/certificates/{number}/").status_code == 404

    def test_the_list_takes_as_many_statements_for_three_papers_as_for_one(
        self, officer, plant, released, paper, clock, django_assert_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        address = f"/vehicles/{released.vin}/certificates/"
        officer.get(address)
        with CaptureQueriesContext(connection) as once:
            officer.get(address)
        count = len(once)
        for _ in range(2):
            now = clock.go(minutes=10)
            items = plant.passing(finished_at=now)
            record_inspections(items=items, rig=plant.rig, actor=plant.rig_actor, at=now)
            assert officer.post(address).status_code == 302
        assert Certificate.objects.count() == 3
        with django_assert_num_queries(count):
            said = plain(officer.get(address))
        assert said.count("Genuine, but no longer valid") == 2


class TestForStrangers:
    def test_a_scanned_code_is_answered_in_both_languages_and_with_nothing_else_of_the_record(
        self, client, plant, paper
    ):
        answer = client.get(f"/C/{paper.code}")
        said = plain(answer)
        assert answer.status_code == 200
        assert "Genuine and valid / 真实且有效" in re.sub(r" +", " ", said)
        assert "2026-11-23 08:00:00+08:00" in said
        assert (paper.vehicle.vin in said, shown_number(paper.number) in said) == (True, True)
        hidden = [plant.batch.number, paper.release.number, "Lin Wei", paper.digest, paper.issued_by, "SU7", "0.043"]
        assert [word for word in hidden if word in answer.content.decode()] == []

    def test_no_one_keeps_or_lists_the_answer(self, client, paper):
        for answer in (client.get(f"/C/{paper.code}"), client.get("/C/"), client.get("/C/X")):
            assert "no-store" in answer.headers["Cache-Control"]
            assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
            assert b'<meta name="robots" content="noindex, nofollow">' in answer.content

    def test_a_number_is_asked_with_the_vin_and_tells_nothing_without_it(self, client, paper):
        typed = {"number": shown_number(paper.number).lower(), "subject": paper.vehicle.vin}
        assert "Genuine and valid" in plain(client.post("/C/", typed))
        assert client.post("/C/", {**typed, "subject": ""}).status_code == 422
        other = client.post("/C/", {**typed, "subject": "LXM1A2B31TA009999"})
        none = client.post("/C/", {**typed, "number": "AAAA-BBBB-CCCC-DDDD"})
        assert "Not genuine" in plain(other)
        assert plain(other).partition("csrf")[0] == plain(none).partition("csrf")[0]

    def test_a_code_pasted_whole_is_answered_too(self, client, paper):
        said = plain(client.post("/C/", {"number": f"HTTPS://X/C/{paper.code}", "subject": ""}))
        assert "Genuine and valid" in said

    def test_an_altered_code_shows_nothing_of_what_it_says(self, client, paper):
        altered = paper.code[:40] + ("A" if paper.code[40] != "A" else "B") + paper.code[41:]
        said = plain(client.get(f"/C/{altered}"))
        assert "Not genuine / 不真实" in re.sub(r" +", " ", said)
        assert paper.vehicle.vin not in said

    def test_after_a_revocation_it_says_so_and_not_why(self, client, officer, paper):
        officer.post(page_of(paper, "revoke/"), {"reason": "the brake hose was the wrong one"})
        said = plain(client.get(f"/C/{paper.code}"))
        assert "Genuine, but no longer valid" in said
        assert "brake hose" not in said

    def test_without_the_keys_it_cannot_be_confirmed(self, client, paper, keys_folder):
        for file in keys_folder.iterdir():
            file.unlink()
        said = plain(client.get(f"/C/{paper.code}"))
        assert "Cannot be confirmed now" in said
        assert paper.vehicle.vin not in said

    def test_from_one_address_so_many_may_be_asked_in_a_minute_and_no_more(self, client, paper, clock, monkeypatch):
        monkeypatch.setattr(public_rate, "A_MINUTE", 3)
        assert [client.get(f"/C/{paper.code}").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert client.post("/C/", {"number": "A" * 16, "subject": "x"}).status_code == 429
        assert client.get(f"/C/{paper.code}", REMOTE_ADDR="10.0.0.9").status_code == 200
        clock.go(minutes=1)
        assert client.get(f"/C/{paper.code}").status_code == 200

    def test_all_together_are_bounded_too_and_so_is_a_process_without_redis(self, client, clock, monkeypatch):
        monkeypatch.setattr(public_rate, "IN_ALL", 2)
        assert [client.get("/C/X", REMOTE_ADDR=f"10.0.0.{n}").status_code for n in range(3)] == [200, 200, 429]

        def gone(*args, **named):
            raise RedisGone

        monkeypatch.setattr(public_rate.cache, "add", gone)
        monkeypatch.setattr(public_rate, "WITHOUT_CACHE", 1)
        clock.go(minutes=1)
        assert [client.get("/C/X").status_code for _ in range(2)] == [200, 429]

    def test_behind_the_proxy_it_is_the_address_that_the_proxy_added_last(self, rf, settings):
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        request = rf.get("/C/", HTTP_X_FORWARDED_FOR="1.2.3.4, 5.6.7.8")
        assert public_rate._address(request) == "5.6.7.8"

    @pytest.mark.parametrize("code", ["", "..", "%2e%2e", "<script>", "A" * 2000, "底", "%00"])
    def test_whatever_stands_in_the_address_is_answered(self, client, code):
        assert client.get(f"/C/{code}").status_code in {200, 404}

    def test_no_other_page_is_open(self, client, paper, released):
        for address in (page_of(paper), page_of(paper, "paper/"), page_of(paper, "record/"), "/certificates/keys/"):
            assert client.get(address).status_code == 302


def test_the_record_of_a_paper_is_one_canonical_text(officer, paper):
    record = json.loads(officer.get(page_of(paper, "record/")).content)
    assert (record["number"], record["content"]) == (paper.number, paper.content)
