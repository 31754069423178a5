from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inspections.saying import Refusal
from inspections.sealing.services import seal_ledger


class Command(BaseCommand):
    help = "Seal what was recorded since the last checkpoint, as the schedule does every few seconds (docs/record.md)."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = seal_ledger(at=timezone.now())
        except Refusal as refused:
            raise CommandError(refused.english) from refused
        for seal in made:
            self.stdout.write(f"checkpoint {seal.number}: {seal.leaves} leaves, root {bytes(seal.root).hex()}")
        if not made:
            self.stdout.write("nothing new to seal")
