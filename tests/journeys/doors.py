"""The three doors through which an inspection comes in, each used as its users do: with a rig's key, or by a form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.utils.html import escape

from inspections.catalogue.models import Characteristic
from inspections.people.choices import Role
from inspections.results.services import record_inspections
from inspections.rigs.models import Rig
from inspections.rigs.services import issue_key
from tests.factories import AT, Plant, make_person, make_plant

Values = Mapping[tuple[str, str], Any]
"""What is entered, by characteristic and position. A `Written` goes into JSON as it stands, without quotes."""

GOOD_BATTERY: Values = {
    ("BOND", "charge-port"): "0.043",
    ("BOND", "pack"): "0.040",
    ("ISO", ""): "812.0",
    ("HVIL", ""): True,
}
UNITS = {"BOND": "ohm", "ISO": "ohm/V"}


def make_nearly_good_plant(**options: Any) -> Plant:
    """A car that lacks its battery results alone."""
    plant = make_plant(**options)
    driving = plant.posted("DRV-EOL", software=[{"system": "ADAS", "version": "4.10"}])
    record_inspections(items=[driving, plant.posted("CRS-EOL")], rig=plant.rig, actor=plant.rig_actor, at=AT)
    return plant


class Written(str):
    """A token of JSON as a rig writes it: a bare NaN, a number with all its digits."""


class Clock:
    """The time that the site sees. It stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = AT

    def go_on(self, minutes: int = 1) -> datetime:
        self.now += timedelta(minutes=minutes)
        return self.now


class Door:
    """One way in. `send` answers whether the inspection was recorded, `again` sends the very same once more.

    `answers` holds the status and the content of each answer.
    """

    name = ""

    def __init__(self, plant: Plant, clock: Clock) -> None:
        self.plant, self.clock = plant, clock
        self.answers: list[Any] = []
        self.measure_with(plant.rig)

    def measure_with(self, rig: Rig) -> None:
        raise NotImplementedError

    def begin(self) -> None:
        """A test that ends now is sent later: a rig lost its network, a form lies open on the tablet."""
        raise NotImplementedError

    def send(self, values: Values, *, unit: str | None = None, begun: bool = False) -> bool:
        """`unit` stands in place of the right one for bonding; `begun` sends what `begin` began."""
        raise NotImplementedError

    def again(self) -> bool:
        raise NotImplementedError


def literal(value: Any) -> str:
    return str(value) if isinstance(value, Written) else json.dumps(value)


class Api(Door):
    """A rig with its key."""

    _numbers = count(1)
    body = b""

    def measure_with(self, rig: Rig) -> None:
        self.client = Client(headers={"authorization": f"Bearer {issue_key(rig=rig, at=self.clock.now)}"})

    def begin(self) -> None:
        self.ended_at = self.clock.now

    def send(self, values: Values, *, unit: str | None = None, begun: bool = False) -> bool:
        sent_at = self.clock.go_on()
        finished = self.ended_at if begun else sent_at - timedelta(seconds=5)
        measured = []
        for (code, position), value in values.items():
            item = {"characteristic": code, "position": position or None, "unit": UNITS.get(code)}
            if code == "BOND" and unit is not None:
                item["unit"] = unit
            text = json.dumps({key: each for key, each in item.items() if each is not None})
            measured.append(f'{text[:-1]}, "value": {literal(value)}}}')
        head = {
            "id": f"{self.name}-{next(self._numbers)}",
            "vin": self.plant.vehicle.vin,
            "procedure": "BAT-EOL",
            "started_at": (finished - timedelta(seconds=40)).isoformat(),
            "finished_at": finished.isoformat(),
            "software": [{"system": "BMS", "version": "2.0"}],
        }
        self.body = f'{json.dumps(head)[:-1]}, "measurements": [{", ".join(measured)}]}}'.encode()
        return self.again()


class ApiSingle(Api):
    name = "single"

    def again(self) -> bool:
        answer = self.client.post("/api/v1/inspections/", self.body, content_type="application/json")
        self.answers.append((answer.status_code, answer.json()))
        return answer.status_code in (200, 201)


class ApiBulk(Api):
    name = "bulk"

    def again(self) -> bool:
        answer = self.client.post("/api/v1/inspections/bulk/", b"[" + self.body + b"]", content_type="application/json")
        self.answers.append((answer.status_code, answer.json()))
        return answer.json()["recorded"] + answer.json()["repeated"] == 1


class Form(Door):
    """An inspector with a tablet. The unit is the server's, and so is the moment at which the test finished."""

    name = "form"

    def __init__(self, plant: Plant, clock: Clock) -> None:
        super().__init__(plant, clock)
        self.client = Client()
        self.client.force_login(make_person(Role.INSPECTOR, number="0417"))
        self.typed: dict[str, str] = {}

    def measure_with(self, rig: Rig) -> None:
        self.device = rig

    @property
    def url(self) -> str:
        return f"/entry/{self.plant.vehicle.vin}/BAT-EOL/"

    def begin(self) -> None:
        page = self.client.get(self.url).content.decode()
        ticket = re.search(r'name="ticket" value="([^"]+)"', page)
        assert ticket, page
        self.ticket = ticket[1]

    def send(self, values: Values, *, unit: str | None = None, begun: bool = False) -> bool:
        if not begun:
            self.begin()
        self.clock.go_on()
        numbers = dict(Characteristic.objects.values_list("code", "pk"))
        self.typed = {
            "ticket": self.ticket,
            "rig": str(self.device.pk),
            "software-BMS": "2.0",
            "software_seen": "on",
            "without_empty": "on",
        }
        for (code, position), value in values.items():
            self.typed[f"m{numbers[code]}-{position}"] = "conforms" if value is True else str(value)
            if code == "BOND" and unit is not None:
                self.typed[f"m{numbers[code]}-{position}"] += f" {unit}"
        return self.again()

    def again(self) -> bool:
        answer = self.client.post(self.url, self.typed)
        self.answers.append((answer.status_code, answer.content.decode()))
        if answer.status_code == 422:
            # The form keeps what was typed whatever happens.
            page = self.answers[-1][1]
            assert all(escape(text) in page for name, text in self.typed.items() if name.startswith("m"))
        return answer.status_code == 302


DOORS = (ApiSingle, ApiBulk, Form)
