"""Drafts a procedure and its requirements from a report that the rig has written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...adapters import registry
from ...adapters.canonical import AdapterError, CanonicalInspection, ParseContext
from ...adapters.draft_yaml import OPEN_CONFIGURATION, catalogue_yaml, draft_yaml, plan_yaml
from ...adapters.drafting import ReportNotDraftable, draft_procedure
from ...catalogue.choices import Domain
from ...evaluation.units import known_units

HEAD_BYTES = 4096


class Command(BaseCommand):
    help = (
        "Reads a rig's own report and writes a draft of its procedure, characteristics and requirements as YAML, for a "
        "catalogue owner to edit. Nothing is stored: load_catalogue and load_plan do that, and two people approve."
    )

    # It reads one file and writes text: it must help a plant whose database does not exist yet.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="a report as the rig wrote it")
        parser.add_argument("--domain", required=True, choices=[choice.value for choice in Domain])
        parser.add_argument("--code", required=True, help="code of the procedure, such as BAT-EOL-PACK")
        parser.add_argument("--configuration", default=OPEN_CONFIGURATION, help="configuration that the plan is for")
        parser.add_argument("--plan", help="code of the plan; the configuration's unless stated")
        parser.add_argument("--format", help="name of the reader; found by the file's beginning unless stated")
        parser.add_argument("--out-dir", type=Path, help="write CODE.yaml and CODE-plan.yaml there, not to the output")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            adapter, inspection = _read(file, options["format"])
            draft = draft_procedure(inspection, adapter=adapter, domain=options["domain"], code=options["code"])
        except (AdapterError, ReportNotDraftable, registry.UnknownFormat, OSError) as error:
            raise CommandError(f"{file}: {error}") from error
        plan = {"plan": options["plan"] or options["configuration"], "configuration": options["configuration"]}
        if options["out_dir"] is None:
            self.stdout.write(draft_yaml(draft, known_units=known_units(), **plan), ending="")
            return
        folder: Path = options["out_dir"]
        documents = {
            folder / f"{draft.code}.yaml": catalogue_yaml(draft, known_units=known_units()),
            folder / f"{draft.code}-plan.yaml": plan_yaml(draft, **plan),
        }
        for path in documents:
            if path.exists():
                raise CommandError(f"{path} exists already and may have been edited: move it away first")
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in documents.items():
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"wrote {path}")


def _read(file: Path, name: str | None) -> tuple[str, CanonicalInspection]:
    """The name of the reader and the first test in the file."""
    with file.open("rb") as stream:
        adapter = registry.get(name) if name else registry.detect(stream.read(HEAD_BYTES), file.name)
        stream.seek(0)
        inspection = next(adapter.parse(stream, ParseContext(name=file.name)), None)
    if inspection is None:
        raise ReportNotDraftable("the file holds no report")
    return adapter.name, inspection
