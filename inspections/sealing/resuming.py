"""Where the last verification ended, in a file: beside the keys, where no administrator of the database can write.

It holds the last checkpoint and the frontier of the history up to it, so that the next verification goes on from there.
"""

from __future__ import annotations

import json
from pathlib import Path

from django.conf import settings

from ..saying import Refusal, say
from .checkpoints import Checkpoint, NoCheckpoint, read_checkpoint
from .merkle import SIZE, Frontier


class MarkRefused(Refusal):
    """The file of the last verification cannot be used."""


def mark_path(named: str | None) -> Path | None:
    """The file that is named, else `verified.json` among the keys; None where there is no such folder."""
    if named:
        return Path(named)
    folder: Path | None = settings.SEALING_KEYS
    return None if folder is None else folder / "verified.json"


def read_mark(path: Path) -> tuple[Checkpoint, Frontier] | None:
    """Where to go on; None where nothing was verified yet. Raises MarkRefused."""
    try:
        content = json.loads(path.read_text())
        checkpoint = read_checkpoint(content["checkpoint"])
        roots = [bytes.fromhex(root) for root in content["frontier"]]
        frontier = Frontier(checkpoint.number, roots)
        if any(len(root) != SIZE for root in roots) or len(roots) != checkpoint.number.bit_count():
            raise NoCheckpoint("its frontier is not that of so many checkpoints")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        text = say(
            "%(path)s does not tell where the last verification ended (%(why)s): verify with --from-start.",
            path=str(path),
            why=str(error),
        )
        raise MarkRefused(text) from error
    return checkpoint, frontier


def write_mark(path: Path, checkpoint: Checkpoint, frontier: Frontier) -> None:
    """Raises MarkRefused where it cannot be written."""
    content = {"checkpoint": checkpoint.text, "frontier": [root.hex() for root in frontier.roots]}
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(path)
    except OSError as error:
        text = say("Where this verification ended cannot be kept in %(path)s: %(why)s.", path=str(path), why=str(error))
        raise MarkRefused(text) from error
