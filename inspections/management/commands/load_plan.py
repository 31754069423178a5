from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.catalogue.files import read_files
from inspections.catalogue.schema import PLAN_FORMAT
from inspections.catalogue.services import FilesRefused, load_plan_documents
from inspections.people.models import User
from inspections.people.rules import Actor, NotAllowed

SAID = {
    "drafted": "drafted as revision {0}: two people approve it before it is in force",
    "redrafted": "draft revision {0} written anew: two people approve it before it is in force",
    "unchanged": "nothing changed, revision {0} holds these lines",
}


class Command(BaseCommand):
    help = "Draft control plan revisions from YAML (docs/catalogue-format.md). Approving them is another act."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE|FOLDER")
        parser.add_argument("--author", metavar="PERSONNEL_NUMBER", help="who wrote the plan, and cannot approve it")

    def handle(self, *args: Any, **options: Any) -> None:
        author = self._author(options["author"])
        actor = Actor.system() if author is None else Actor.person(author)
        documents, problems = read_files(options["paths"], PLAN_FORMAT)
        try:
            if problems:
                raise FilesRefused(problems)
            drafted = load_plan_documents(documents=documents, actor=actor, at=timezone.now(), author=author)
        except FilesRefused as refused:
            raise CommandError(f"{refused}\nErrors: {len(refused.problems)}. Nothing was loaded.") from refused
        except NotAllowed as refused:
            raise CommandError(str(refused)) from refused
        for plan in drafted:
            said = SAID[plan.outcome].format(plan.revision.number)
            self.stdout.write(f"{plan.revision.plan.code}: {said}")

    def _author(self, number: str | None) -> User | None:
        if number is None:
            return None
        author = User.objects.filter(personnel_number=number, is_active=True).first()
        if author is None:
            raise CommandError(f"No active person has the personnel number {number}; give one that the admin lists.")
        return author
