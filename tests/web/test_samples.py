"""What the pages of a batch and of a car say of samples that are drawn, and that none says too much."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from inspections.batches.models import DrawSeed
from inspections.evaluation.drawing import commitment_of, draw_positions
from inspections.gates.services import close_batch, decide_batch
from inspections.people.choices import Role
from inspections.rigs.services import issue_key
from tests.depth import LONG
from tests.factories import AT, LINES, SYSTEM, make_person, make_plant, make_vehicles, mes_actor

DRAWN = {
    "characteristic": "SQUIB", "lower": Decimal("1.5"), "upper": Decimal("3.0"), "level": "sample",
    "basis": "per_batch", "sample_size": 3,
}  # fmt: skip


@pytest.fixture
def plant(db, clock):
    """Three of twenty planned cars are samples; the batch has one car."""
    return make_plant(lines=[*LINES[:5], DRAWN])


def seed(plant) -> str:
    return DrawSeed.objects.get(batch=plant.batch).seed


def drawn(plant) -> tuple[int, ...]:
    return draw_positions(bytes.fromhex(seed(plant)), "CRS-EOL", planned=20, size=3, built=())


def test_the_batch_names_its_built_samples_and_no_other(engineer, plant):
    first, *rest = drawn(plant)
    make_vehicles(plant.batch, first - plant.batch.vehicles.count())
    html = engineer.get(reverse("web:batch", args=[plant.batch.number])).content.decode()
    assert "3 cars are samples: 1 built, 0 conforming." in html
    assert commitment_of(bytes.fromhex(seed(plant))) in html
    section = html[html.index('id="samples"') : html.index('id="cars"')]
    assert f">Car {first}</a>" in section
    assert [number for number in rest if f">Car {number}<" in section] == []
    assert seed(plant) not in html


def test_the_seed_is_told_once_testing_is_closed(engineer, plant):
    close_batch(batch=plant.batch, actor=SYSTEM, at=AT)
    html = engineer.get(reverse("web:batch", args=[plant.batch.number])).content.decode()
    assert seed(plant) in html
    assert (
        f"The secret seed of the sample draw is published, so that anybody can check the draw: {seed(plant)}." in html
    )


def test_a_car_says_that_it_is_a_sample_and_how_it_stands(engineer, plant):
    samples = drawn(plant)
    first = samples[0]
    # Of four cars one at least is none of the three samples.
    make_vehicles(plant.batch, max(first, 4) - plant.batch.vehicles.count())
    cars = {car.sequence: car for car in plant.batch.vehicles.all()}
    html = engineer.get(reverse("web:vehicle", args=[cars[first].vin])).content.decode()
    assert "<dt>Drawn as a sample</dt><dd>CRS-EOL: Not tested yet</dd>" in html
    other = next(car for number, car in cars.items() if number not in samples)
    assert "Drawn as a sample" not in engineer.get(reverse("web:vehicle", args=[other.vin])).content.decode()


def test_today_asks_for_the_samples_that_a_batch_waits_for(engineer, plant):
    decide_batch(batch_id=plant.batch.pk, at=AT)
    html = engineer.get(reverse("web:today") + "?for=inspector").content.decode()
    assert f"{plant.batch.number}</b>: samples drawn from it are short: CRS-EOL 0 of 3." in html
    assert f'href="{reverse("web:batch", args=[plant.batch.number])}#samples"' in html


def test_a_batch_whose_plan_draws_nothing_says_nothing_of_it(engineer, db, clock):
    plain = make_plant()
    html = engineer.get(reverse("web:batch", args=[plain.batch.number])).content.decode()
    assert "Samples drawn" not in html


def addresses(plant, patterns: Any = None, before: str = "/") -> list[str]:
    """Every route of the site, with whatever fits its parameters."""
    told = {
        "number": plant.batch.number, "vin": plant.vehicle.vin, "code": plant.rig.code, "procedure": "CRS-EOL",
        "pk": "1", "object_id": "1", "id": "1", "name": "x", "prefix": "x", "content_type_id": "1", "url": "x",
        "app_label": "inspections", "version": "v1", "path": "x",
    }  # fmt: skip
    found = []
    for pattern in patterns or get_resolver().url_patterns:
        route = str(pattern.pattern).lstrip("^").rstrip("$")
        for name, converter in pattern.pattern.converters.items():
            kind = type(converter).__name__
            value = "1" if kind == "IntConverter" else told.get(name, "x")
            for stated in (f"<str:{name}>", f"<int:{name}>", f"<path:{name}>", f"<uuid:{name}>", f"<{name}>"):
                route = route.replace(stated, value)
        if isinstance(pattern, URLResolver):
            found += addresses(plant, pattern.url_patterns, before + route)
        elif isinstance(pattern, URLPattern) and "(" not in route:
            found.append(before + route)
    return found


@pytest.mark.law(1)
def test_law_1_no_route_of_pages_api_or_admin_tells_the_seed_before_testing_is_closed(sign_in, plant):
    """As everybody at once and as a superuser of the admin, with the key of the plant's system and of a rig."""
    make_vehicles(plant.batch, 3)
    decide_batch(batch_id=plant.batch.pk, at=AT)
    everybody = make_person(*Role)
    everybody.is_staff = everybody.is_superuser = True
    everybody.save()
    person = sign_in(person=everybody, client=Client(raise_request_exception=False))
    mes_actor()
    from inspections.rigs.models import SystemClient

    keys = [issue_key(client=SystemClient.objects.get(), at=AT), issue_key(rig=plant.rig, at=AT)]
    machines = [Client(headers={"authorization": f"Bearer {key}"}, raise_request_exception=False) for key in keys]
    found, asked = [], 0
    for address in addresses(plant):
        keyed = LONG or address.startswith("/api/")  # a page takes no key: test_every_route
        for client in (person, *machines) if keyed else (person,):
            response = client.get(address)
            body = b"".join(response.streaming_content) if response.streaming else response.content
            asked += response.status_code == 200
            if seed(plant).encode() in body or seed(plant)[:24].encode() in body:
                found.append(address)
    assert found == []
    assert asked > 40


@pytest.mark.parametrize("address", ["drawseed/", "drawseed/1/change/", "drawseed/add/"])
def test_the_admin_has_no_page_of_seeds(sign_in, plant, address):
    owner = make_person(*Role)
    owner.is_staff = owner.is_superuser = True
    owner.save()
    assert sign_in(person=owner).get(f"/admin/inspections/{address}").status_code == 404
