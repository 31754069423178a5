"""Files of rigs read and recorded, against the bulk API that is sent the very same measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.signing import approve

from .bulk import PATH, sweep
from .clients import request, run_clients
from .figures import Figure, middle, spread
from .line import Plant
from .rig_files import STEPS, VALUES, Test, as_aqdef, as_atml, as_bulk, as_csv, as_json_lines, as_wats, tests_of
from .stage import Stage, database

TESTS = 500
"""In a file; as many values as they have are sent in bulk beside it."""
REPORTS = 10
"""WATS reports a round: each is a file of its own."""
RIG = "FILE-1"


@dataclass(frozen=True)
class Format:
    """One format: its reader, its procedure, what is measured, and what a profile says of it."""

    adapter: str
    characteristics: tuple[tuple[str, str | None, str], ...]
    items: tuple[str, ...]
    write: Callable[[Sequence[Test]], bytes]
    options: dict[str, Any]
    vin: dict[str, Any]
    is_single: bool = False
    """One test a file."""

    @property
    def procedure(self) -> str:
        return f"BAT-{self.adapter.upper().replace('_', '-')}"


def formats() -> list[Format]:
    def five(adapter: str, items: Sequence[str], write: Callable[[Sequence[Test]], bytes], **more: Any) -> Format:
        code = adapter.upper().replace("_", "-")
        measured = tuple((f"{code}-{name}", None, unit) for name, unit in VALUES)
        return Format(adapter, measured, tuple(items), write, **{"options": {}, "vin": {"from": "serial"}} | more)

    names = [name for name, _ in VALUES]
    moment = "%Y-%m-%d %H:%M:%S"
    result = {"from": "Result", "pass": ["OK"], "fail": ["NOK"]}
    table = {
        "delimiter": ";",
        "test": {
            "id": "Test", "serial": "VIN", "result": result,
            "started": {"from": "Start", "format": moment}, "finished": {"from": "End", "format": moment},
        },
        "items": [{"value": name, "unit": {"text": unit}} for name, unit in VALUES],
    }  # fmt: skip
    lines = {
        "layout": "list",
        "list": "/values",
        "test": {
            "id": "/id", "serial": "/vin", "result": {**result, "from": "/result"},
            "started": {"from": "/start", "format": "iso"}, "finished": {"from": "/end", "format": "iso"},
        },
        "items": [{"item": "/item", "value": "/value", "unit": "/unit"}],
    }  # fmt: skip
    cells = tuple(("WATS-JSON-CELL", str(number), "V") for number in range(1, STEPS + 1))
    return [
        five("table", names, as_csv, options=table),
        five("json_lines", names, as_json_lines, options=lines),
        Format(
            "wats_json", cells, tuple(f"Step {number}" for number in range(1, STEPS + 1)),
            lambda tests: as_wats(tests[0]), {}, {"from": "serial"}, is_single=True,
        ),
        five("atml", names, as_atml),
        five("qdas", [f"{place} / {name}" for place, name in enumerate(names, 1)], as_aqdef),
    ]  # fmt: skip


def measure_reading(
    stage: Stage, plant: Plant, name: str, sibling: str, vins: Sequence[str], rounds: int, say: Callable[[str], None]
) -> list[Figure]:
    """Read a file of every format, and send as many measurements in bulk to a database just like it, turn by turn."""
    keys = {}
    for where in (name, sibling):
        with database(where):
            keys[where] = _prepare(plant)
    figures: list[Figure] = []
    with stage.serving(sibling) as port:
        run_clients(port, [[request(port, PATH, b"[]", keys[sibling])] * 8] * 8)
        for form in formats():
            ratios, rates = [], []
            for turn in range(rounds + 1):
                tests = _tests(form, f"{form.adapter}-{turn}", vins, plant)
                body = as_bulk(tests, form.procedure, form.characteristics)
                count = sum(len(test.values) for test in tests)
                sent = run_clients(port, [[request(port, PATH, body, keys[sibling])]])
                if set(sent.statuses) != {200}:
                    raise RuntimeError(f"bulk was answered {dict(sent.statuses)}")
                with database(name):
                    seconds = _read(form, tests, plant)
                if turn:  # the first makes both ready
                    rates.append(count / seconds)
                    ratios.append(sent.seconds / seconds)
            say(f"  {form.adapter}: {middle(rates):,.0f} measurements/s")
            figures += [
                Figure(f"{form.adapter} read and recorded: measurements/s", middle(rates), note=spread(rates)),
                Figure(f"{form.adapter} / bulk", middle(ratios), 0.3, note=spread(ratios)),
            ]
    sweep(name)
    return figures


def _tests(form: Format, name: str, vins: Sequence[str], plant: Plant) -> list[Test]:
    cars = vins[:REPORTS] if form.is_single else vins[:TESTS]
    return tests_of(name, cars, plant.at, values=len(form.characteristics))


def _prepare(plant: Plant) -> str:
    """Procedures, a plan, profiles and a rig in the present database. Returns a key of the rig."""
    from inspections.batches.models import Batch
    from inspections.catalogue.models import Configuration
    from inspections.rigs.services import issue_key
    from tests import factories

    procedures, lines = [], []
    for form in formats():
        measured: dict[str, Any] = {}
        for code, position, unit in form.characteristics:
            measured.setdefault(code, {"unit": unit, "positions": []})["positions"] += [position] if position else []
        procedures.append(factories.make_procedure(form.procedure, "battery", measured))
        lines += [
            {"characteristic": code, "lower": Decimal("2.5"), "upper": Decimal("4.5")} for code in sorted(measured)
        ]
    revision = factories.make_revision(Configuration.objects.get(), lines)
    for batch in Batch.objects.all():
        factories.pin(batch, revision)
    rig = factories.make_rig(RIG, procedures=procedures, until=plant.at + timedelta(days=300))
    for form in formats():
        _profile(form, rig, plant)
    return issue_key(rig=rig, at=factories.LONG_AGO)


def _profile(form: Format, rig: Any, plant: Plant) -> None:
    """The profile of a format, approved and assigned."""
    import yaml

    from inspections.catalogue.documents import read_documents
    from inspections.people.choices import Role
    from inspections.people.rules import Actor
    from inspections.rigs.services import assign_profile, create_profile, draft_profile
    from tests import factories

    document = {
        "format": "interlock-profile/1",
        "reading": {"time_zone": "Asia/Shanghai", **({"options": form.options} if form.options else {})},
        "subject": {"vin": form.vin},
        "procedure": {"code": form.procedure},
        "items": [
            {"item": item, "characteristic": code, **({"position": position} if position else {})}
            for item, (code, position, _) in zip(form.items, form.characteristics, strict=True)
        ],
    }
    documents, problems = read_documents("profile", yaml.safe_dump(document, sort_keys=False).encode())
    if problems:
        raise RuntimeError(f"the profile of {form.adapter}: {problems}")
    owner = Actor.person(factories.make_person(Role.CATALOGUE_OWNER))
    what: dict[str, Any] = {"code": form.procedure, "adapter": form.adapter, "name": form.adapter, "actor": owner}
    at = plant.at - timedelta(hours=2)
    create_profile(**what, at=at)
    revision = draft_profile(**what, document=documents[0], at=at).revision
    for _ in range(2):
        revision = approve(revision, factories.make_person(Role.CATALOGUE_OWNER), at)
    assign_profile(rig=rig, profile=revision.profile, effective_at=at, actor=owner, at=at)


def _read(form: Format, tests: Sequence[Test], plant: Plant) -> float:
    """Land the files, then do what a worker does that finds the task of each: the seconds of that."""
    from inspections.intake.models import Submission
    from inspections.intake.services import land_submission
    from inspections.people.rules import Actor, ActorKind
    from inspections.rigs.models import Rig
    from inspections.tasks.intake import read_submission

    rig = Rig.objects.get(code=RIG)
    actor = Actor(ActorKind.RIG, rig.pk, rig.code)
    files = [[test] for test in tests] if form.is_single else [list(tests)]
    landed = [
        land_submission(
            rig=rig, stream=[form.write(part)], name=f"{form.adapter}.txt", format=form.adapter, actor=actor,
            at=plant.at,
        )[0]
        for part in files
    ]  # fmt: skip
    begun = time.monotonic()
    for one in landed:
        read_submission(submission_id=one.pk)
    seconds = time.monotonic() - begun
    read = list(Submission.objects.filter(pk__in=[one.pk for one in landed]))
    if sum(one.recorded for one in read) != len(tests) or any(one.refused for one in read):
        raise RuntimeError(f"{form.adapter}: {[one.reasons[:2] for one in read][:2]}")
    return seconds
