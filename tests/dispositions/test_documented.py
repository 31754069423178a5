"""docs/dispositions.md tells what clears each reason, and names none that there is not."""

import re
from pathlib import Path

from inspections.evaluation.reasons import ReasonCode

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "dispositions.md"


def test_what_clears_every_reason_is_documented():
    table = DOCUMENT.read_text(encoding="utf-8").partition("## What clears each reason")[2].partition("\n## ")[0]
    named = [code for row in table.splitlines() if row.startswith("| `") for code in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(ReasonCode)
