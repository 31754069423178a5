"""The people of the line: an engineer and two release officers, each in the pages with a browser of their own.

What there is to do is read from the database, as the table at the end is; every act goes through the page's form,
signed in as the person whose act it is: whatever a page refuses to its reader is refused to the simulation too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.utils import timezone

from ...dispositions.choices import NonconformanceState
from ...dispositions.models import Nonconformance
from ...intake.choices import KeptState
from ...intake.models import Kept
from ...people.models import User
from ...releases.models import Signature
from ...releases.queries import ProposedRelease, releases
from ...rigs.models import OutOfTolerance as FoundOutOfTolerance
from .browser import Browser, Fields, Page
from .steps import At, Clock, Deed, OutOfTolerance, Rework, SetAside, Take, filled

ENGINEER: Final = "engineer"
OFFICERS: Final = ("officer", "officer2")
CERTIFIED: Final = timedelta(days=335)


@dataclass(slots=True)
class People:
    """`open_browser` opens a browser for the account of a name. What is done already is not done again."""

    open_browser: Callable[[str], Browser]
    clock: Clock
    _open: dict[str, Browser] = field(default_factory=dict)

    def do(self, deed: Deed) -> list[str]:
        """Do what an engineer does. Returns what the pages refused."""
        match deed:
            case Rework():
                fields = {"what": deed.what, "done_at": self._moment(deed.done)}
                taken = self._answer(deed.vin, "take", {"cause_class": deed.cause_class})
                return taken + self._answer(deed.vin, "rework", fields)
            case Take():
                fields = {"cause": deed.cause, "containment": deed.containment, "cause_class": deed.cause_class}
                return self._answer(deed.vin, "take", fields)
            case SetAside():
                return self._set_aside(deed)
            case OutOfTolerance():
                return self._find_out_of_tolerance(deed)

    def propose(self, number: str) -> list[str]:
        """The first officer proposes what is clear of a batch, if anything is. Returns what the page refused."""
        browser = self._browser(OFFICERS[0])
        path = f"/batches/{number}/release/"
        cars = browser.read(path).value("cars")
        if not cars:
            return []
        return _refused(f"proposing {number}", browser.send(path, {"cars": cars}))

    def sign(self, release: ProposedRelease) -> list[str]:
        """Each officer reads the statement and signs. Returns what the page refused."""
        refused = []
        signers = Signature.objects.filter(release_id=release.id).values("signer_id")
        signed = set(User.objects.filter(pk__in=signers).values_list("username", flat=True))
        for officer in [name for name in OFFICERS if name not in signed][: 2 - len(signed)]:
            browser = self._browser(officer)
            page = browser.read(f"/releases/{release.number}/")
            fields = {"shown": page.value("shown"), "password": browser.password, "read": "on"}
            answer = browser.send(f"/releases/{release.number}/sign/", fields)
            refused += _refused(f"{officer} signing {release.number}", answer)
        return refused

    def waiting_releases(self, batch_id: int, at: datetime) -> list[ProposedRelease]:
        """Proposals of a batch that wait for signatures, oldest first."""
        found = [row for row in releases(batch_id=batch_id) if row.state(at) == "proposed"]
        return sorted(found, key=lambda row: row.id)

    def close(self) -> None:
        for browser in self._open.values():
            browser.close()

    def _browser(self, username: str) -> Browser:
        if username not in self._open:
            self._open[username] = self.open_browser(username)
            self._open[username].sign_in()
        return self._open[username]

    def _answer(self, vin: str, act: str, fields: Fields) -> list[str]:
        rows = Nonconformance.objects.filter(vehicle__vin=vin, state=NonconformanceState.OPEN).order_by("pk")
        refused = []
        for number in rows.values_list("number", flat=True):
            path = f"/nonconformances/{number}/"
            self._browser(ENGINEER).read(path)
            refused += _refused(f"{act} of {number}", self._browser(ENGINEER).send(f"{path}{act}/", fields))
        return refused

    def _set_aside(self, deed: SetAside) -> list[str]:
        refused = []
        for number in (
            Kept.objects.filter(vin=deed.vin, state=KeptState.OPEN).order_by("pk").values_list("pk", flat=True)
        ):
            path = f"/intake/{number}/"
            self._browser(ENGINEER).read(path)
            answer = self._browser(ENGINEER).send(f"{path}set-aside/", {"reason": deed.reason})
            refused += _refused(f"setting {path} aside", answer)
        return refused

    def _find_out_of_tolerance(self, deed: OutOfTolerance) -> list[str]:
        since, found = self._moment(deed.since), self._moment(deed.found, up=True)
        if FoundOutOfTolerance.objects.filter(rig__code=deed.rig, found_at=_local(found)).exists():
            return []
        until = timezone.localtime(_local(found) + CERTIFIED)
        report = {"back_to": since, "found_at": found, "reason": deed.reason}
        renewed = {"certificate": deed.certificate, "valid_from": found, "valid_until": f"{until:%Y-%m-%dT%H:%M:%S}"}
        return [*self._on_rig(deed.rig, "out-of-tolerance", report), *self._on_rig(deed.rig, "calibration", renewed)]

    def _on_rig(self, code: str, act: str, fields: Fields) -> list[str]:
        """An act on a rig is told beforehand, then confirmed with the number of cars that was told."""
        browser, path = self._browser(ENGINEER), f"/rigs/{code}/{act}/"
        browser.read(f"/rigs/{code}/")
        told = browser.send(path, fields)
        if told.status != 200:
            return _refused(f"{act} of {code}", told)
        return _refused(f"{act} of {code}", browser.send(path, {**fields, "seen": told.value("seen")}))

    def _moment(self, at: At, *, up: bool = False) -> str:
        """A moment as forms take it: on the plant's clock, to the whole second before or after."""
        moment = datetime.fromisoformat(filled(at, self.clock))
        whole = ceil(moment.timestamp()) if up else int(moment.timestamp())
        return f"{timezone.localtime(datetime.fromtimestamp(whole, tz=moment.tzinfo)):%Y-%m-%dT%H:%M:%S}"


def _local(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def _refused(what: str, page: Page) -> list[str]:
    return [] if page.done else [f"{what}: {page.refusal}"]
