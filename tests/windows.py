"""Windows of Chromium that stay open for test after test: what a page needs is fetched and compiled once.

Each test finds its window as a new one would be: no cookie, nothing stored, nothing intercepted, size and media as
asked for, one tab. One in which a test failed, or which cannot be put in order, is closed and another one opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

SIZE = {"width": 1280, "height": 720}
MEDIA: dict[str, Any] = {"media": "null", "color_scheme": "light", "reduced_motion": "null", "forced_colors": "null"}
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); location.replace('about:blank'); }"
PATIENCE = 30_000


class Windows:
    """The windows of one browser, by how they were asked for."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._open: dict[str, BrowserContext] = {}

    def window(self, **asked: Any) -> Page:
        """The one tab of the window that was opened with these arguments."""
        name = repr(sorted(asked.items()))
        if name not in self._open:
            self._open[name] = self._browser.new_context(**asked)
            self._open[name].new_page()
        return self._open[name].pages[0]

    def put_in_order(self, *, failed: bool, **asked: Any) -> None:
        """Leave the window as a new one would be, but for what its browser keeps of files and of compiled scripts."""
        from playwright.sync_api import Error

        name = repr(sorted(asked.items()))
        try:
            self._clear(self._open[name], asked.get("viewport", SIZE))
        except Error:
            failed = True
        if failed:
            with suppress(Error):
                self._open.pop(name).close()

    def _clear(self, context: BrowserContext, size: Any) -> None:
        page, *more = context.pages
        for each in more:
            each.close()
        context.set_offline(False)
        context.unroute_all()
        page.unroute_all()
        page.set_default_timeout(PATIENCE)
        if page.url.startswith("http"):
            origin = "/".join(page.url.split("/")[:3])
            session = context.new_cdp_session(page)
            page.evaluate(FORGET)  # and nothing of this page asks its server again, for a server that may be gone
            page.wait_for_url("about:blank")
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
            session.detach()
        context.clear_cookies()
        page.emulate_media(**MEDIA)
        page.set_viewport_size(size)

    def close(self) -> None:
        for context in self._open.values():
            context.close()


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[Windows]:
    found = Windows(browser)
    yield found
    found.close()


def failed(request: pytest.FixtureRequest) -> bool:
    """Whether the test did, as far as it went."""
    reports = (getattr(request.node, f"rep_{when}", None) for when in ("setup", "call"))
    return any(report.failed for report in reports if report is not None)


@pytest.fixture
def page(windows: Windows, browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window with one tab, in place of pytest-playwright's own, which opens one for each test."""
    yield windows.window(**browser_context_args)
    windows.put_in_order(failed=failed(request), **browser_context_args)


@pytest.fixture
def context(page: Page) -> BrowserContext:
    """The window of the test's tab."""
    return page.context
