from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.catalogue.models import PlanRevision
from inspections.catalogue.services import ApprovalRefused, approve_revision
from inspections.catalogue.two_approvals import approvals_of
from inspections.people.models import User
from inspections.people.rules import NotAllowed
from inspections.records.signing import Shown

from ..demonstration.accounts import PASSWORD


class Command(BaseCommand):
    help = "Approve a drafted control plan revision. Asks for the approver's password, except in the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="of the plan")
        parser.add_argument("--revision", type=int, required=True, help="its number")
        parser.add_argument("--approver", required=True, metavar="PERSONNEL_NUMBER")

    def handle(self, *args: Any, **options: Any) -> None:
        revision = (
            PlanRevision.objects.select_related("plan")
            .filter(plan__code=options["code"], number=options["revision"])
            .first()
        )
        if revision is None:
            raise CommandError(f"Plan {options['code']} has no revision {options['revision']}; load_plan drafts one.")
        approver, at = self._approver(options["approver"]), timezone.now()
        seen = Shown(revision.digest, approvals_of(revision), at)
        password = PASSWORD if settings.DEMO else getpass(f"Password of {approver}: ")
        try:
            approved = approve_revision(revision=revision, approver=approver, password=password, seen=seen, at=at)
        except (ApprovalRefused, NotAllowed) as refused:
            raise CommandError(str(refused)) from refused
        said = "in force" if approved.status == "approved" else "approved once, one approval is missing"
        self.stdout.write(f"{options['code']} revision {approved.number}: {said}")

    def _approver(self, number: str) -> User:
        approver = User.objects.filter(personnel_number=number, is_active=True).first()
        if approver is None:
            raise CommandError(f"No active person has the personnel number {number}; give one that the admin lists.")
        return approver
