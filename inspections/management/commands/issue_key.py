"""Prints a new key of a rig or a system client on standard output, and nothing else there."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from inspections.people.rules import Actor
from inspections.rigs.models import Rig, SystemClient
from inspections.rigs.services import issue_key


class Command(BaseCommand):
    help = "Issue a key for a rig or a system client. It is shown this once; older keys go on working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="RIG_OR_CLIENT_CODE")

    def handle(self, *args: Any, code: str, **options: Any) -> None:
        rig = Rig.objects.filter(code=code).first()
        client = SystemClient.objects.filter(code=code).first()
        if (rig is None) is (client is None):
            found = "both a rig and a system client have" if rig else "neither a rig nor a system client has"
            raise CommandError(f"{found} the code {code!r}; name exactly one (the admin lists them)")
        actor = Actor.system("manage.py issue_key")
        self.stdout.write(issue_key(rig=rig, client=client, at=timezone.now(), actor=actor))
