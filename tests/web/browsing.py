"""How the tests of the pages use a browser: signed in at once, with the keyboard alone, with a finger; and how a rig
posts to the server that the browser reads."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

from tests.web.entry_pages import name_of

MANY_STOPS = 150

STOP = """wanted => {
  const at = document.activeElement;
  if (at === document.body) return [false, []];  // past the last one: the next key begins anew
  const shown = at.matches(".two input, .devices input") && at.labels.length ? at.labels[0] : at;
  const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
  const wrong = [];
  const name = `${at.tagName} ${at.id || at.textContent.trim().slice(0, 40)}`;
  if (!shown.matches("svg *, main") && (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2))
    wrong.push(`${name}: nothing shows that it has the focus`);
  for (const bar of document.querySelectorAll(".bezel, .dock, #pad")) {
    if (bar.contains(at) || at.matches(".skip") || !bar.getClientRects().length) continue;
    const over = bar.getBoundingClientRect();
    if (box.bottom > over.top + 1 && box.top < over.bottom - 1) wrong.push(`${name}: under ${bar.className}`);
  }
  if (box.bottom < 1 || box.top > innerHeight - 1) wrong.push(`${name}: outside of what is shown`);
  return [at === wanted, wrong];
}"""

SMALL = """least => {
  const found = [];
  for (const each of document.querySelectorAll("a.button, button, input, select, summary, textarea")) {
    if (!each.closest("main")) continue;
    if (each.type === "hidden" || !each.checkVisibility({visibilityProperty: true})) continue;
    const boxes = [each, ...(each.labels || [])].map(one => one.getBoundingClientRect()).filter(box => box.width > 1);
    if (!boxes.length) continue;
    const high = Math.max(...boxes.map(box => box.height)), wide = Math.max(...boxes.map(box => box.width));
    if (high < least - 0.5 || wide < least - 0.5)
      found.push(`${each.tagName} ${each.name || each.textContent.trim().slice(0, 40)}: ${wide} by ${high}`);
  }
  return found;
}"""


REASONS = """() => [...document.querySelectorAll("#reasons li")].map(
  each => [...each.querySelectorAll(":scope > span:not(.status)")].map(line => line.textContent.trim()).join(" "))"""


def post(url: str, key: str, body: bytes | str) -> tuple[int, Any]:
    """An inspection, as a rig with this key posts it to the server at `url`."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with closing(HTTPConnection(url.partition("//")[2])) as connection:
        connection.request("POST", "/api/v1/inspections/", body, headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer)


def reasons_on(page: Page) -> list[str]:
    """Why the car of this page may not leave, each reason with what would clear it."""
    found: list[str] = page.evaluate(REASONS)
    return found


def sign_in(context: BrowserContext, url: str, person: Any) -> None:
    """The person's session, without the login page."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}])


def tab_to(page: Page, wanted: Locator) -> None:
    """Go to it with the Tab key. Wherever the focus rests on the way it has to be seen."""
    target = wanted.element_handle()
    for _ in range(MANY_STOPS):
        page.keyboard.press("Tab")
        here, wrong = page.evaluate(STOP, target)
        assert not wrong, wrong
        if here:
            return
    raise AssertionError(f"No way to {wanted} with the Tab key.")


def log_in(page: Page, role: Any) -> Any:
    """A new person with the role, at the login page, with the keyboard alone. As fast as a password manager: what goes
    into a password is no scan, and what ends with Tab neither."""
    from tests.factories import make_person

    person = make_person(role)
    tab_to(page, page.locator("input[name=login]"))
    page.keyboard.type(person.username)
    tab_to(page, page.locator("input[name=password]"))
    page.keyboard.type("a long password")
    page.keyboard.press("Enter")
    return person


def value_box(page: Page, characteristic: str, position: str = "") -> Locator:
    """Where the entry form takes a value."""
    return page.locator(f'[name="{name_of(characteristic, position)}"]')


def smaller_than(page: Page, least: int) -> list[str]:
    """Controls of the page that a finger may miss: less than `least` pixels high or wide, their label counted in."""
    page.wait_for_load_state()  # its second stylesheet too
    found: list[str] = page.evaluate(SMALL, least)
    return found
