from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inspections.saying import Refusal
from inspections.sealing.approved import unlike_what_was_approved
from inspections.sealing.checkpoints import NoCheckpoint, SignedCheckpoint, read_notes
from inspections.sealing.keys import KeyRing, key_ring
from inspections.sealing.merkle import Frontier
from inspections.sealing.queries import sealing_state
from inspections.sealing.resuming import mark_path, read_mark, write_mark
from inspections.sealing.verifying import Verified, compare_with, reading_only, resumed_fault, verify_record
from inspections.sealing.witnesses import witness_lines


class Command(BaseCommand):
    help = (
        "Compute the seals of the record anew from its rows, and name what does not fit; status 1 where something does"
        " not. Goes on behind the last verified checkpoint; changes nothing in the database (docs/record.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from-start", action="store_true", help="verify everything, whatever was verified before")
        parser.add_argument("--against", metavar="FILE", help="compare with the checkpoints that a second place kept")
        parser.add_argument("--mark", metavar="FILE", help="where it is kept how far was verified (else with the keys)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = self._verify(options)
        except (Refusal, NoCheckpoint, OSError) as refused:
            said = refused.english if isinstance(refused, Refusal) else str(refused)
            raise CommandError(said) from refused
        if found.findings:
            for finding in found.findings:
                self.stderr.write(finding.said)
            self.stderr.write(
                f"The record does not fit what was sealed: {len(found.findings)} findings, the first above."
            )
            sys.exit(1)

    def _verify(self, options: dict[str, Any]) -> Verified:
        ring = key_ring()
        for problem in ring.problems:
            self.stderr.write(f"warning: {problem.english}")
        notes = list(read_notes(Path(options["against"]).read_text())) if options["against"] else []
        path = mark_path(options["mark"])
        mark = None if options["from_start"] or path is None else read_mark(path)
        after, frontier = mark or (None, Frontier())
        with reading_only():
            fault = resumed_fault(after)
            found = Verified(frontier, after, findings=[fault]) if fault else self._checked(ring, after, frontier)
            found.findings += compare_with(notes, ring)
            found.findings += unlike_what_was_approved(found.last.number if found.last else 0)
            self._tell(found, notes)
        if path is not None and found.last is not None and not found.findings:
            write_mark(path, found.last, found.frontier)
        return found

    def _checked(self, ring: KeyRing, after: Any, frontier: Frontier) -> Verified:
        if after is not None:
            self.stdout.write(f"going on behind checkpoint {after.number}, verified before")
        return verify_record(ring, after=after, frontier=frontier, progress=self._progress)

    def _progress(self, number: int, leaves: int) -> None:
        self.stdout.write(f"checkpoint {number}: {leaves:,} leaves")

    def _tell(self, found: Verified, notes: list[SignedCheckpoint]) -> None:
        at = timezone.now()
        state = sealing_state()
        last = "no checkpoint" if found.last is None else f"checkpoint {found.last.number} of {found.last.sealed_at}"
        self.stdout.write(f"verified {found.checkpoints} checkpoints, {found.leaves:,} leaves, up to {last}")
        if notes:
            self.stdout.write(f"compared with {len(notes)} checkpoints of the second place")
        if state.unsealed_since is not None:
            self.stdout.write(f"not sealed yet: what was recorded since {state.unsealed_since} ({state.lag(at):.0f} s)")
        for line in witness_lines():
            self.stdout.write(line)
