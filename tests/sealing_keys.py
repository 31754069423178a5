"""A ring of keys of the test's own, in a folder of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

MADE_AT = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture
def keys_folder(settings: Any, tmp_path: Path) -> Path:
    """The folder that SEALING_KEYS names; nothing lies in it yet."""
    settings.SEALING_KEYS, settings.SEALING_KEY = tmp_path / "sealing-keys", ""
    return settings.SEALING_KEYS


@pytest.fixture
def sealing_key(keys_folder: Path) -> Any:
    """The one private key of the ring, which is active."""
    from inspections.sealing.keys import write_new_key

    key, _ = write_new_key(at=MADE_AT)
    return key
