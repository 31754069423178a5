import pytest

from inspections.gates.services import decide_batch
from inspections.results.services import record_inspection
from tests.factories import AT, make_batch, make_rig, make_vehicle


def opened(client, text):
    """Where a scanned text leads: an address, or the codes of what it may mean."""
    response = client.get("/search/", {"q": text})
    if response.status_code == 302:
        return response["Location"]
    return [(hit.kind, hit.code) for hit in response.context["hits"]]


def test_an_exact_code_opens_its_page(engineer, plant):
    vin = plant.vehicle.vin
    record_inspection(posted=plant.posted(id="EOL-77"), rig=plant.rig, actor=plant.rig_actor, at=AT)
    assert opened(engineer, vin) == f"/vehicles/{vin}/"
    assert opened(engineer, f"  {vin.lower()} ") == f"/vehicles/{vin}/"
    assert opened(engineer, vin[-6:]) == f"/vehicles/{vin}/"
    assert opened(engineer, plant.batch.number.lower()) == f"/batches/{plant.batch.number}/"
    assert opened(engineer, "P-1") == f"/vehicles/{vin}/"
    assert opened(engineer, plant.rig.code) == f"/rigs/{plant.rig.code}/"
    assert opened(engineer, "CP-SU7-MAX-CN") == "/plans/CP-SU7-MAX-CN/"
    assert opened(engineer, "EOL-77").startswith(f"/vehicles/{vin}/#inspection-")


def test_a_nonconformance_opens_its_page(engineer, plant):
    from tests.web.test_today import fail

    fail(plant)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    number = plant.vehicle.nonconformances.get().number
    assert opened(engineer, number) == f"/nonconformances/{number}/"


def test_an_ambiguous_code_is_listed_by_kind(engineer, plant):
    make_rig(plant.batch.number)
    kinds = [kind for kind, _ in opened(engineer, plant.batch.number)]
    assert kinds == ["Batch", "Rig"]


def test_a_part_of_a_code_lists_what_holds_it_and_never_more_than_twenty(engineer, plant):
    for number in range(25):
        make_batch(f"YU7-{number:02d}", configuration=plant.configuration)
    assert len(opened(engineer, "yu7")) == 20
    assert opened(engineer, "SU7-2026") == [("Batch", plant.batch.number)]


def test_two_cars_with_the_same_end_are_both_listed(engineer, plant):
    from inspections.batches.rules import check_digit

    def vin(prefix):
        draft = f"{prefix}0TA123456"
        return draft[:8] + check_digit(draft) + draft[9:]

    for prefix in ("LXM1A2B3", "LXM1A2B4"):
        make_vehicle(plant.batch, vin=vin(prefix))
    assert sorted(code for _, code in opened(engineer, "123456")) == sorted([vin("LXM1A2B3"), vin("LXM1A2B4")])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "LXM1A2B30TA999999",
        "\x00",
        "a" * 5000,
        "<script>alert(1)</script>",
        "%",
        "_",
        "'; --",
        "\U0001f697",
    ],
)
def test_nothing_found_says_what_was_searched_and_runs_nothing(engineer, plant, text):
    response = engineer.get("/search/", {"q": text})
    assert response.status_code == 200
    html = response.content.decode()
    assert "Searched: whole VINs" in html
    assert "<script>alert" not in html
