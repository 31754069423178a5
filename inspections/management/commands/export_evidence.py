from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.saying import Refusal
from inspections.sealing.archive import export_evidence
from inspections.sealing.keys import key_ring
from inspections.sealing.services import seal_ledger


class Command(BaseCommand):
    help = (
        "Write one archive with all records of a vehicle and what proves them; it is checked without this server by the"
        " verify.py in it (docs/record.md). Seals first what was recorded until now."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("vin", metavar="VIN")
        parser.add_argument("--out", metavar="FILE", help="else evidence-VIN.zip in this folder")

    def handle(self, *args: Any, **options: Any) -> None:
        vin = options["vin"].strip().upper()
        to = Path(options["out"] or f"evidence-{vin}.zip")
        at = timezone.now()
        try:
            seal_ledger(at=at)
            manifest = export_evidence(vin=vin, to=to, ring=key_ring(), at=at)
        except Refusal as refused:
            raise CommandError(refused.english) from refused
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error}") from error
        rows = sum(map(len, manifest["rows"].values()))
        self.stdout.write(f"{to}: {rows} rows, proved up to checkpoint {manifest['newest']}")
        if manifest["unsealed"]:
            self.stdout.write(f"{manifest['unsealed']} rows are recorded and not sealed yet: they are not in it")
        for digest in manifest["missing_files"]:
            self.stdout.write(f"a file is named and was not found in the store: {digest}")
