"""Measure everything on private engines and print one table; 1 where a target is missed."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import timedelta

from qa.embedded.postgres import DATABASE
from qa.embedded.refusal import CannotStart

from .figures import Figure, table
from .stage import Stage, database

BEGUN = time.monotonic()
SECTIONS = ("bulk", "single", "deciding", "clearance", "releasing", "storage", "reading", "pages", "sealing")


def say(text: str) -> None:
    print(f"[{time.monotonic() - BEGUN:5.0f} s] {text}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: few cars, one round; its ratios mean little")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="some sections alone")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    try:
        stage = Stage()
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    try:
        figures = measure(stage, options)
        machine = f"{os.cpu_count()} cores, PostgreSQL {stage.version()}, Python {platform.python_version()}"
    except KeyboardInterrupt:
        return 130
    finally:
        stage.close()
    say("done")
    print(f"\n{machine}{', --quick: the ratios mean little' if options.quick else ''}\n\n{table(figures)}\n")
    missed = [figure.what for figure in figures if not figure.met]
    print(f"NOT MET: {'; '.join(missed)}" if missed else "Every target is met.")
    return 1 if missed else 0


def measure(stage: Stage, options: argparse.Namespace) -> list[Figure]:
    import django

    say("tables, catalogue, plan, rigs")
    stage.manage("migrate", "--verbosity", "0")
    django.setup()
    # Imported only now: they stand on Django's models.
    from django.db import connection
    from django.utils import timezone

    from .line import make_cars, make_plant

    plant = make_plant(timezone.now() - timedelta(minutes=10))
    connection.close()
    scale = 10 if options.quick else 1
    sizes = {
        "large": 10_000 // scale,
        "small": 100,
        "tiny": 10 if scale == 1 else 2,
        "single": 6_000 // scale,
        "hundred": 100 // scale,
        "thousand": 1_000 // scale,
        "files": 500,
    }
    cars = {}
    for name, count in sizes.items():
        stage.copy_database(name, DATABASE)
        with database(name):
            cars[name] = make_cars(plant, f"B-{name}", count)
    stage.copy_database("sibling", "large")
    stage.copy_database("naive", "single")
    stage.copy_database("sent", "files")
    return Sections(stage, plant, cars, options).run()


class Sections:
    """The sections in their order; what one fills the next ones read."""

    def __init__(self, stage: Stage, plant: object, cars: dict[str, list[str]], options: argparse.Namespace) -> None:
        self.stage, self.plant, self.cars, self.quick, self.only = stage, plant, cars, options.quick, options.only

    def run(self) -> list[Figure]:
        return [figure for name in SECTIONS if name in self.only for figure in getattr(self, f"_{name}")()]

    def _bulk(self) -> list[Figure]:
        from .bulk import measure_bulk, measure_sweep

        say("bulk, against COPY")
        rounds = 1 if self.quick else 5
        found = measure_bulk(self.stage, self.plant, "large", "sibling", self.cars["large"], rounds, say)
        say("one sweep")
        return found + measure_sweep("large")

    def _single(self) -> list[Figure]:
        from .single import measure_single

        say("single, against a plain DRF serializer")
        rounds, seconds = (1, 3.0) if self.quick else (7, 6.0)
        return measure_single(self.stage, self.plant, "single", "naive", self.cars["single"], rounds, seconds, say)

    def _deciding(self) -> list[Figure]:
        from .deciding import Batch, measure_deciding

        self._fill("small", "large")
        say("deciding again")
        small, large = (Batch(name, self.cars[name]) for name in ("small", "large"))
        return measure_deciding(self.plant, small, large, *((2, 10) if self.quick else (7, 25)), say)

    def _clearance(self) -> list[Figure]:
        from .asking import measure_clearance

        self._fill("tiny", "large")
        say("clearance")
        small, large = ((name, self.cars[name]) for name in ("tiny", "large"))
        return measure_clearance(self.plant, small, large, *((2, 50) if self.quick else (41, 60)))

    def _releasing(self) -> list[Figure]:
        from .releasing import Signed, measure_releasing

        self._fill("hundred", "thousand")
        say("releasing")
        small, large = (Signed(name, self.cars[name]) for name in ("hundred", "thousand"))
        return measure_releasing(self.plant, small, large, 2 if self.quick else 7, say)

    def _storage(self) -> list[Figure]:
        from .sealing import seal
        from .storage import measure_storage

        self._fill("large")
        seal(self.stage, "large")
        say("storage")
        return measure_storage(self.stage, "large", "posted in bulk", 180, say)

    def _reading(self) -> list[Figure]:
        from .reading import measure_reading
        from .traces import measure_traces

        say("reading files, against bulk")
        rounds = 1 if self.quick else 5
        found = measure_reading(self.stage, self.plant, "files", "sent", self.cars["files"], rounds, say)
        say("reading traces")
        return found + measure_traces(rounds, say)

    def _pages(self) -> list[Figure]:
        from .pages import BATCHES, fill_site, measure_pages

        sites = []
        for name, batches in (("page", 1), ("pages", 3 if self.quick else BATCHES)):
            self.stage.copy_database(name, DATABASE)
            sites.append(fill_site(self.plant, name, batches))
            self.stage.tidy(name)
            say(f"filled {name}")
        say("pages")
        return measure_pages(*sites, *((1, 3) if self.quick else (5, 8)), say)

    def _sealing(self) -> list[Figure]:
        from .line import make_cars
        from .sealing import measure_sealing

        count, leaves = (500, 20_000) if self.quick else (30_000, 1_000_000)
        self.stage.copy_database("sealed", DATABASE)
        with database("sealed"):
            vins = make_cars(self.plant, "B-sealed", count)
        say("sealing beside bulk, and verifying")
        return measure_sealing(self.stage, self.plant, "sealed", vins, 1 if self.quick else 5, leaves, say)

    def _fill(self, *names: str) -> None:
        """Every result for every car, decided; what stands already stays as it is."""
        from .filling import fill

        for name in names:
            if fill(self.plant, name, self.cars[name]):
                say(f"filled {name}")
            self.stage.tidy(name)


if __name__ == "__main__":
    sys.exit(main())
