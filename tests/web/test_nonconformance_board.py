"""The board of nonconformances as people see it."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections.dispositions.models import Nonconformance
from inspections.people.choices import Role
from tests.factories import AT, changed_value, make_vehicle

URL = "/nonconformances/"


@pytest.fixture
def fail(plant, record):
    """Bonding of a car fails; its nonconformance."""

    def run(car=None):
        car = car or make_vehicle(plant.batch, software=[("ADAS", "4.10"), ("BMS", "2.0")])
        values = changed_value("BAT-EOL", "BOND", "0.2", position="pack")
        record(plant.posted(vin=car.vin, measurements=values, software=[{"system": "BMS", "version": "2.0"}]))
        return Nonconformance.objects.get(vehicle=car)

    return run


def words(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text.replace("&#x27;", "'").replace("&lt;", "<"))


def columns(client, **query):
    return {
        column["name"]: [card.row.number for card in column["cards"]]
        for column in client.get(URL, query).context["columns"]
    }


def take(client, nc, **said):
    return client.post(f"{URL}{nc.number}/take/", {"cause": "", "containment": "", **said})


def test_empty_it_says_what_would_appear_and_how(engineer, plant):
    shown = words(engineer.get(URL))
    assert "No nonconformance is open" in shown
    assert shown.count("Nothing. ") == 5
    assert "None was opened in this time." in shown


def test_taking_one_asks_for_the_class_of_its_cause(engineer, plant, fail):
    nc = fail(plant.vehicle)
    assert columns(engineer)["unowned"] == [nc.number]
    refused = take(engineer, nc)
    assert (refused.status_code, take(engineer, nc, cause_class="weather").status_code) == (422, 422)
    assert "Choose where the cause lies, or that it is not known yet." in words(refused)
    assert take(engineer, nc, cause_class="machine").status_code == 302
    assert columns(engineer)["owned"] == [nc.number]
    shown = words(engineer.get(URL))
    assert "cause: Machine" in shown
    page = engineer.get(f"{URL}{nc.number}/")
    assert "Class of cause: Machine." in words(page)
    assert '<option value="machine" selected>' in page.content.decode()


def test_a_card_says_what_failed_and_how_many_more_cars_have_it(engineer, plant, fail):
    fail(plant.vehicle)
    fail()
    column = engineer.get(URL).context["columns"][0]
    first = column["cards"][0]
    assert "".join(part.text for part in first.finding.parts) == (
        "Car 1: BOND, pack is 0.2 Ω; less than 0.1 Ω is required."
    )
    assert (first.also, column["count"]) == ("1 more car of its batch", 2)
    assert first.also_url == f"/nonconformances/?batch={plant.batch.number}&gate=battery&characteristic=BOND"


def test_it_is_narrowed_by_the_address_and_says_so(engineer, sign_in, plant, fail):
    mine, other = fail(plant.vehicle), fail()
    take(engineer, mine, cause_class="method")
    take(sign_in(Role.ENGINEER), other, cause_class="man")
    assert columns(engineer, mine="1")["owned"] == [mine.number]
    assert columns(engineer, cause="man")["owned"] == [other.number]
    assert columns(engineer, cause="none")["owned"] == []
    assert columns(engineer, gate="crash", batch=plant.batch.number)["owned"] == []
    assert columns(engineer, gate="nonsense", cause="nonsense", days="nonsense")["owned"] == [mine.number, other.number]
    assert "Narrowed to your own, cause: Method." in words(engineer.get(URL, {"mine": "1", "cause": "method"}))


def test_the_list_and_its_file_stay_narrowed_as_the_board_was(engineer, sign_in, plant, fail):
    mine, other = fail(plant.vehicle), fail()
    take(engineer, mine, cause_class="method")
    take(sign_in(Role.ENGINEER), other, cause_class="man")

    def listed(**asked):
        address = engineer.get(URL, asked).context["list_url"]
        page = engineer.get(address)
        rows = [each["row"].number for each in page.context["rows"]]
        file = b"".join(engineer.get(f"{address}&export=nonconformances.csv").streaming_content).decode()
        assert [number for number in (mine.number, other.number) if number in file] == rows
        assert (page.context["board_url"], "Narrowed to" in file) == (f"{URL}?{urlencode(asked)}", True)
        return rows

    assert listed(mine="1") == [mine.number]
    assert listed(cause="man") == [other.number]
    assert listed(cause="none") == []
    assert listed(gate="battery", batch=plant.batch.number) == [mine.number, other.number]
    assert listed(gate="crash") == []
    assert listed(characteristic="ISO") == []
    assert listed(owner=Nonconformance.objects.get(pk=other.pk).owner) == [other.number]
    assert "None of these was ever closed." in words(engineer.get(URL, {"state": "closed", "gate": "crash"}))


def test_the_pareto_counts_exactly_the_most_frequent_first_and_the_unknown_last(engineer, plant, fail):
    for cause in ("unknown", "unknown", "unknown", "machine", "method", "method"):
        take(engineer, fail(), cause_class=cause)
    fail()
    bars = engineer.get(URL).context["causes"]
    assert [(bar.name, bar.count, bar.width, bar.together) for bar in bars] == [
        ("Method", 2, "66.7%", "2 of 7, 28.6 %"),
        ("Machine", 1, "33.3%", "3 of 7, 42.9 %"),
        ("Not known yet", 3, "100.0%", "6 of 7, 85.7 %"),
        ("Not recorded", 1, "33.3%", "7 of 7, 100.0 %"),
    ]


def test_the_window_bounds_what_is_closed_and_the_causes(sign_in, plant, fail, clock):
    nc = fail(plant.vehicle)
    Nonconformance.objects.update(state="closed", closed_at=AT)
    clock.go(days=10)
    engineer = sign_in(Role.ENGINEER)
    assert (columns(engineer)["closed"], columns(engineer, days="7")["closed"]) == ([nc.number], [])
    assert len(engineer.get(URL).context["causes"]) == 1
    assert engineer.get(URL, {"days": "7"}).context["causes"] == []


def test_every_one_of_a_column_stands_on_exactly_one_page(engineer, plant, fail, monkeypatch):
    monkeypatch.setattr("inspections.web.views.nonconformance_board.PAGE", 2)
    monkeypatch.setattr("inspections.web.views.nonconformance_board.CARDS", 1)
    wanted = [fail().number for _ in range(5)]
    board = engineer.get(URL)
    address = board.context["columns"][0]["all_url"]
    seen = []
    while address:
        html = engineer.get(address).content.decode()
        seen += re.findall(r'scope="row"[^>]*><a href="/nonconformances/(NC-\d+)/"', html)
        following = re.search(r'href="([^"]+)" rel="next"', html)
        address = following.group(1).replace("&amp;", "&") if following else ""
    assert seen == wanted


@pytest.mark.parametrize("after", ["x", "1", "1-2-3", "9" * 30 + "-0-1"])
def test_a_page_that_there_is_not_is_not_found(engineer, plant, after):
    assert engineer.get(URL, {"column": "owned", "after": after}).status_code == 404


@pytest.mark.parametrize("path", [URL, f"{URL}?column=unowned"])
def test_its_queries_do_not_grow(engineer, plant, fail, path):
    def count():
        engineer.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert engineer.get(path).status_code == 200
        return len(captured)

    fail(plant.vehicle)
    one = count()
    take(engineer, fail(), cause_class="man")
    fail()
    assert one == count() == {URL: 13, f"{URL}?column=unowned": 10}[path]


def test_it_carries_no_style_of_its_own_and_is_readable_for_every_role(plant, fail, sign_in):
    fail(plant.vehicle)
    for role in Role:
        page = sign_in(role).get(URL)
        assert (page.status_code, re.findall(r"\sstyle=", page.content.decode())) == (200, [])
