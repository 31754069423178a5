"""What stands around every page: pages, scan box, live state, language, person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from inspections.people.choices import Role

from .access import actor_of, language_now, moment_of, role_text

THEME_COOKIE = "interlock_look"
KEYS_COOKIE = "interlock_keys"
THEMES = ("light", "dark")

_PAGES = (
    (gettext_lazy("Today"), "web:today", "t", "targets vehicles"),
    (
        gettext_lazy("Batches"), "web:batches", "b",
        "batch batch-matrix batch-repin vehicle vehicle-move vehicle-deliver vehicle-destroy vehicle-scrap"
        " inspection-cover void hold-place hold-lift hold-lists hold-list hold-list-new hold-list-lift",
    ),
    (
        gettext_lazy("Nonconformances"), "web:nonconformances", "n",
        "nonconformance nonconformance-act disagreement concessions concession concession-propose concession-sign",
    ),
    (gettext_lazy("Releases"), "web:releases", "r",
        "release release-propose release-sign operators certificates dossiers certificate certificate-revoke"),
    (gettext_lazy("Samples"), "web:sampling", "s", "rejection rejection-screen"),
    (pgettext_lazy("page", "Record"), "web:entry", "e", "entry-form entry-recorded"),
    (gettext_lazy("Intake"), "web:intake", "i", "intake-kept intake-set-aside submissions submission"),
    (gettext_lazy("Rigs"), "web:rigs", "g", "rig rig-act rig-cars rig-finding rig-key rig-key-revoke"),
    (
        gettext_lazy("Catalogue"), "web:plans", "c",
        "plan plan-approve plan-compare plan-draft profiles profile profile-new profile-draft profile-file"
        " profile-revision profile-compare profile-assign profile-ask profile-approve"
        " coverage coverage-of coverage-one coverage-enter coverage-revoke"
        " characteristics characteristic",
    ),
)  # fmt: skip
"""Name, route, key after `g`, and the routes of the pages that lie under it."""


_IN_ADMINISTRATION = {
    "batch": ("batch", "number"),
    "vehicle": ("vehicle", "vin"),
    "rig": ("rig", "code"),
    "plan": ("planrevision", "code"),
    "nonconformance": ("nonconformance", "number"),
    "concession": ("concession", "number"),
    "release": ("release", "number"),
    "certificate": ("certificate", "number"),
    "hold-list": ("holdlist", "number"),
    "coverage-one": ("coverage", "number"),
    "coverage-of": ("configuration", "code"),
}
"""By the name of a page: the table of its thing, and the part of the address by which it is found there."""


@dataclass(frozen=True, slots=True)
class Page:
    """One entry of the bezel. `key` opens it after `g`."""

    name: str
    url: str
    here: bool
    key: str


@dataclass(frozen=True, slots=True)
class Look:
    value: str
    name: str
    here: bool


def optional_url(name: str, *args: object) -> str:
    """The address of a page, or "" where this version has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


class Frame:
    """The frame of one request's page. Asks the database only for what a template reads of it."""

    def __init__(self, request: HttpRequest, *, anonymous: bool = False) -> None:
        self._request = request
        self._anonymous = anonymous
        self.home_url = reverse("web:today")
        self.search_url = reverse("web:search")
        self.live_url = reverse("web:live")
        self.language_url = reverse("web:language")
        self.look_url = reverse("web:look")
        self.logout_url = reverse("account_logout")

    @cached_property
    def user(self) -> Any:
        """The person signed in; None for nobody and on a page that must not ask the database."""
        user = None if self._anonymous else getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def now(self) -> datetime:
        return moment_of(self._request)

    @property
    def path(self) -> str:
        return self._request.get_full_path()

    @property
    def language(self) -> str:
        return get_language() or "en"

    @property
    def other_language(self) -> str:
        return "en" if language_now() == "zh-hans" else "zh-hans"

    @property
    def other_language_name(self) -> str:
        return "English" if language_now() == "zh-hans" else "中文"

    @property
    def theme(self) -> str:
        """`light`, `dark`, or "" to follow the machine."""
        asked = self._request.COOKIES.get(THEME_COOKIE, "")
        return asked if asked in THEMES else ""

    @property
    def looks(self) -> list[Look]:
        names = {"light": _("Light"), "dark": _("Dark"), "": _("As the machine")}
        return [Look(value, name, value == self.theme) for value, name in names.items()]

    @property
    def keys(self) -> bool:
        """Whether single keys work on pages."""
        return self._request.COOKIES.get(KEYS_COOKIE) != "off"

    @property
    def reader(self) -> str:
        """Who reads: a personnel number rather than a name."""
        return str(self.user) if self.user else _("nobody signed in")

    @cached_property
    def role(self) -> str:
        if not self.user:
            return ""
        roles = [role for role in Role if role in actor_of(self._request).roles]
        return _(", ").join(role_text(role) for role in roles) or _("without a role")

    @property
    def administration_url(self) -> str:
        """The administration, for those who may enter it: at the thing that this page is about, where it has one."""
        if not self.user or not self.user.is_staff:
            return ""
        match = getattr(self._request, "resolver_match", None)
        table, part = _IN_ADMINISTRATION.get(match.url_name if match is not None else "", ("", ""))
        if not table or match is None:
            return reverse("admin:index")
        return reverse(f"admin:inspections_{table}_changelist") + "?" + urlencode({"q": match.kwargs[part]})

    @property
    def pages(self) -> list[Page]:
        """The pages that this version has."""
        match = getattr(self._request, "resolver_match", None)
        here = match.url_name if match is not None and match.app_name == "web" else ""
        found = []
        for name, address, key, below in _PAGES:
            url = optional_url(address)
            if url:
                found.append(Page(str(name), url, here == address.partition(":")[2] or here in below.split(), key))
        return found


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` in every template, made when a template first reads of it."""
    return {"frame": SimpleLazyObject(lambda: Frame(request))}
