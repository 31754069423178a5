"""One Chromium that looks at the pages: each account signs in once, each picture is kept small."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState

from .shots import Shot

PASSWORD = "interlock-demo"
"""Of every account of a demo, as it says itself."""
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
THEMES = ("light", "dark")

SETTLED = 1500
"""Milliseconds after typing until the server's verdict stands beside it."""


class NoWay(Exception):
    """A page did not answer as it should, or has no link on."""


class Camera:
    """`address`: where Interlock answers. `folder`: where the pictures go."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder
        self.known: dict[str, str] = {}
        self._signed_in: dict[str, StorageState] = {}

    def open(self, reader: str, language: str, theme: str, size: tuple[int, int]) -> Page:
        """A page of a new window in which an account is signed in."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if theme == "dark" else "light",
            locale=LANGUAGES[language],
            reduced_motion="reduce",
            storage_state=self._signed_in.get(reader),
        )
        page = context.new_page()
        if reader not in self._signed_in:
            page.goto(f"{self.address}/")
            page.fill("input[name=login]", reader)
            page.fill("input[name=password]", PASSWORD)
            page.press("input[name=password]", "Enter")
            page.wait_for_selector("details.person")
            self._signed_in[reader] = context.storage_state()
        return page

    def go(self, page: Page, path: str, link: str = "") -> None:
        """Open a page, and follow its first link that `link` selects. Raises NoWay."""
        answer = page.goto(f"{self.address}{path}")
        if answer is None or answer.status != 200:
            raise NoWay(f"{path} answered {answer.status if answer else 'nothing'}; expected 200.")
        if not link:
            return
        found = page.locator(link)
        if not found.count():
            raise NoWay(f"{path} has no link {link}.")
        self.go(page, str(found.first.get_attribute("href")))

    def take(self, shot: Shot) -> int:
        """Take one page in each language and theme. Returns the bytes of all four."""
        taken = 0
        for language in LANGUAGES:
            for theme in THEMES:
                page = self.open(shot.reader, language, theme, shot.size)
                self.go(page, shot.path or self.known[shot.name], shot.link)
                page.evaluate("document.fonts.ready")
                for text in shot.typed:
                    page.locator(text.box).first.fill(text.value)
                if shot.typed:
                    page.wait_for_timeout(SETTLED)
                file = self.folder / f"{shot.name}-{language}-{theme}.webp"
                file.write_bytes(reduce(page.screenshot()))
                taken += file.stat().st_size
                page.context.close()
        return taken


def reduce(picture: bytes) -> bytes:
    """The same picture in fewer bytes, each colour as it was: a status is told by its colour too."""
    kept = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").save(kept, "WEBP", lossless=True, quality=80, method=4)
    return kept.getvalue()
