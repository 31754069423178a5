"""The main pages over ten thousand measurements and over a million: statements and time of the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .figures import Figure, middle, spread
from .line import PROCEDURES, Plant
from .stage import database

CARS = 167
"""Cars of a batch: 60 measurements each make ten thousand."""
BATCHES = 100
READER = "9999"


@dataclass
class Site:
    """A database with one batch or many of the same size, and how long its pages took, by name."""

    database: str
    batch: str
    vins: Sequence[str]
    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    queries: dict[str, int] = field(default_factory=dict)

    def addresses(self) -> dict[str, str]:
        vin = self.vins[CARS // 2]
        return {
            "today": "/",
            "batch": f"/batches/{self.batch}/",
            "vehicle": f"/vehicles/{vin}/",
            "entry": f"/entry/{vin}/{PROCEDURES[0]}/",
        }


def measure_pages(small: Site, large: Site, rounds: int, each: int, say: Callable[[str], None]) -> list[Figure]:
    """Turn by turn of either database, as an engineer and an inspector who are signed in."""
    growth: dict[str, list[float]] = {page: [] for page in small.addresses()}
    for site in (small, large):
        _ask(site, 2)
        site.milliseconds.clear()
    for _ in range(rounds):
        for site in (small, large):
            _ask(site, each)
        for page, found in growth.items():
            found.append(middle(large.milliseconds[page][-each:]) / middle(small.milliseconds[page][-each:]))
    figures = []
    for page, found in growth.items():
        say(f"  {page}: {small.queries[page]} and {large.queries[page]} statements")
        figures += [
            Figure(f"page {page}, a million measurements: ms", middle(large.milliseconds[page])),
            Figure(f"page {page}: growth in time", middle(found), 1.5, at_most=True, note=spread(found)),
            Figure(f"page {page}: growth in statements", large.queries[page] / small.queries[page], 1, at_most=True),
        ]
    return figures


def _ask(site: Site, each: int) -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from inspections.people.choices import Role
    from inspections.people.models import User
    from tests.factories import make_person

    with database(site.database):
        person = User.objects.filter(personnel_number=READER).first()
        person = person or make_person(Role.ENGINEER, Role.INSPECTOR, number=READER)
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person)
        for page, address in site.addresses().items():
            with CaptureQueriesContext(connection) as captured:
                status = client.get(address).status_code
            if status != 200:
                raise RuntimeError(f"{address} was answered {status}")
            site.queries[page] = len(captured)
            for _ in range(each):
                begun = time.perf_counter()
                client.get(address)
                site.milliseconds.setdefault(page, []).append(1000 * (time.perf_counter() - begun))


def fill_site(plant: Plant, name: str, batches: int) -> Site:
    """Batches of one size, every car tested and decided, in a database that has the plant alone."""
    from .filling import fill
    from .line import make_cars

    with database(name):
        numbers = [f"P-{number:03}" for number in range(batches)]
        vins = [make_cars(plant, number, CARS, first=1 + place * CARS) for place, number in enumerate(numbers)]
    fill(plant, name, [vin for batch in vins for vin in batch])
    return Site(name, numbers[-1], vins[-1])
