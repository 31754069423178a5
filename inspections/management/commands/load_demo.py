from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ...catalogue.services import ApprovalRefused, FilesRefused
from ..demonstration.accounts import ACCOUNTS, PASSWORD, add_accounts
from ..demonstration.coverage import cover
from ..demonstration.keys import keys_file
from ..demonstration.master_data import load_shipped
from ..demonstration.next_revision import draft_next
from ..demonstration.plant import add_plant
from ..demonstration.targets import ask
from ..simulation.plan import PlanTooSmall
from ..simulation.reading import NotLoaded, revisions_in_force


class Command(BaseCommand):
    help = (
        "Fill the demo: accounts, the shipped catalogue and plans, rigs with certificates and keys, demonstration "
        "coverage and targets, a draft of a plan's next revision. What is there already stays; a second run changes "
        "nothing. Refused outside the demo."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "This is not the demo: its accounts have a password that everybody knows. `make demo` starts one; "
                "DEMO=1 makes a database of your own one."
            )
        at = timezone.now()
        add_accounts(at)
        try:
            load_shipped(at)
            revisions = revisions_in_force()
            plans, keys = add_plant(revisions, at)
            cover(revisions, plans, at)
            ask(at)
            draft_next(at)
        except (FilesRefused, ApprovalRefused, NotLoaded, PlanTooSmall) as refused:
            raise CommandError(str(refused)) from refused
        self._say(len(keys))

    def _say(self, keys: int) -> None:
        self.stdout.write(f"Accounts (password of all: {PASSWORD})")
        for account in ACCOUNTS:
            self.stdout.write(f"  {account.username:<10} {account.personnel_number:<5} {account.label}")
        self.stdout.write(f"Keys of {keys} rigs and systems: {keys_file()}")
