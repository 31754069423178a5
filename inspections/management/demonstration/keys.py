"""The keys of the demo's rigs and of its MES, kept in a file that its owner alone can read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings

from ...rigs.models import Rig, SystemClient
from ...rigs.services import KeyRefused, authenticate_key, issue_key


def keys_file() -> Path:
    return Path(settings.DEMO_FOLDER) / "keys.json"


def read_keys() -> dict[str, str]:
    """Keys by the code of their rig or system client; none where the demo was never loaded."""
    try:
        content = json.loads(keys_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(code): str(key) for code, key in content.items()}


def keep_keys(holders: Iterable[Rig | SystemClient], at: datetime) -> dict[str, str]:
    """Make sure that each holder has a key here that opens. Issues those that are missing; returns all."""
    known = read_keys()
    kept = dict(known)
    for holder in holders:
        key = known.get(holder.code, "")
        if not _opens(key, holder, at):
            key = issue_key(rig=holder, at=at) if isinstance(holder, Rig) else issue_key(client=holder, at=at)
        kept[holder.code] = key
    if kept != known:
        _write(kept)
    return kept


def _opens(key: str, holder: Rig | SystemClient, at: datetime) -> bool:
    try:
        found = authenticate_key(key, at)
    except KeyRefused:
        return False
    return holder in (found.rig, found.client)


def _write(keys: Mapping[str, str]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    file = keys_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(dict(keys), stream, indent=1, sort_keys=True)
    new.replace(file)
