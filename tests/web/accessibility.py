"""What axe-core finds on a page that is open, as lines to read: only what is serious or critical (WCAG 2.2 AA)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = {"serious", "critical"}
BY_COLOUR = ["color-contrast"]
BY_COLOUR_AND_WIDTH = [*BY_COLOUR, "scrollable-region-focusable", "target-size"]


def load_axe(page: Page) -> None:
    """Evaluated by the debugger, which the content security policy of a page does not concern."""
    page.evaluate(AXE_SCRIPT)


def findings(page: Page, *, rules: list[str] | None = None, but: Sequence[str] = ()) -> list[str]:
    """One line a finding: rule, where, what. By `rules` alone, or by all `but` those."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    options: dict[str, Any] = {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    if not rules:
        options["rules"] = {"target-size": {"enabled": True}, **{rule: {"enabled": False} for rule in but}}
    found = page.evaluate("options => axe.run(options)", options)
    assert "error" not in found
    return [
        f"{each['id']}: {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for each in found["violations"]
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]
