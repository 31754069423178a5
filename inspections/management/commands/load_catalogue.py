from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.catalogue.files import read_files
from inspections.catalogue.schema import CATALOGUE_FORMAT
from inspections.catalogue.services import FilesRefused, load_catalogue_documents
from inspections.people.rules import Actor


class Command(BaseCommand):
    help = "Load models, configurations, component kinds and procedures from YAML (docs/catalogue-format.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="FILE|FOLDER")

    def handle(self, *args: Any, **options: Any) -> None:
        documents, problems = read_files(options["paths"], CATALOGUE_FORMAT)
        try:
            if problems:
                raise FilesRefused(problems)
            loaded = load_catalogue_documents(documents=documents, actor=Actor.system(), at=timezone.now())
        except FilesRefused as refused:
            raise CommandError(f"{refused}\nErrors: {len(refused.problems)}. Nothing was loaded.") from refused
        if loaded.nothing_changed:
            self.stdout.write(f"Nothing changed: {loaded.unchanged.total()} entries stand as they were.")
            return
        for section in sorted({*loaded.added, *loaded.changed, *loaded.unchanged}):
            self.stdout.write(
                f"{section}: {loaded.added[section]} added, {loaded.changed[section]} changed, "
                f"{loaded.unchanged[section]} unchanged"
            )
