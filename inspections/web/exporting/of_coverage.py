"""Coverage of type tests: what plans ask of each type and how it stands, and everything that was signed for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from inspections.catalogue.models import Configuration
from inspections.gates.coverage_rows import AskedOfType, CoverageRow, asked_of_types, coverage_rows
from inspections.gates.sentences import gate_text

from ..access import language_now, moment_of
from ..coverage_page import Covering, coverings, kind_words, name_of, state_of, state_words
from ..coverage_words import fallen_text
from .sheets import Column, Sheet, coded, in_pages

_MOST_IN_FORCE = 5_000


def asked(request: HttpRequest) -> Sheet:
    """What plans ask of every type, by configuration."""
    return _asked("coverage", _("Coverage of type tests"), _by_configuration(moment_of(request)))


def asked_of(configuration: Configuration, at: datetime) -> Sheet:
    """What plans ask of one configuration: what nothing covers first."""
    title = _("Coverage of type tests of %(code)s") % {"code": configuration.code}
    return _asked(f"coverage-{configuration.code}", title, _of_one(configuration.code, at))


def _by_configuration(at: datetime) -> Iterator[list[Covering]]:
    rows = coverage_rows(in_force_at=at, most=_MOST_IN_FORCE)
    wanted: dict[str, list[AskedOfType]] = {}
    for one in asked_of_types():
        wanted.setdefault(one.configuration, []).append(one)
    for code in sorted(wanted):
        yield coverings(wanted[code], rows, at)


def _of_one(code: str, at: datetime) -> Iterator[list[Covering]]:
    rows = coverage_rows(configuration=code, most=_MOST_IN_FORCE)
    yield coverings(asked_of_types(configuration=code), rows, at)


def _asked(subject: str, title: str, pages: Iterator[list[Covering]]) -> Sheet:
    columns = [
        Column(_("Configuration"), lambda one: one.asked.configuration),
        *coded(_("Test"), lambda one: name_of(one.asked), lambda one: one.asked.procedure),
        *coded(_("Gate"), lambda one: gate_text(one.asked.gate, language_now()), lambda one: one.asked.gate),
        *coded(_("State"), lambda one: one.words, lambda one: one.status.value),
        Column(_("Coverage"), lambda one: one.row.number if one.row else ""),
        *coded(
            _("Rests on"),
            lambda one: kind_words(one.row.kind) if one.row else "",
            lambda one: one.row.kind if one.row else "",
        ),
        Column(_("With software"), lambda one: _software(one.row) if one.row else ""),
        Column(_("Until before"), lambda one: one.row.valid_until if one.row else None),
    ]
    return Sheet(subject, title, columns, pages)


def signed(configuration: Configuration, at: datetime) -> Sheet:
    """Everything that was ever signed for a configuration, newest first."""
    code = configuration.code
    columns = [
        Column(_("Coverage"), lambda row: row.number),
        *coded(_("Test"), name_of, lambda row: row.procedure),
        *coded(_("State"), lambda row: state_words(row, at), lambda row: state_of(row, at).value),
        Column(_("From"), lambda row: row.valid_from),
        Column(_("Until before"), lambda row: row.valid_until),
        *coded(_("Rests on"), lambda row: kind_words(row.kind), lambda row: row.kind),
        Column(_("Demonstration, not evidence"), lambda row: row.demonstration),
        Column(_("With software"), _software),
        Column(_("Signed by"), lambda row: row.signed_by),
        Column(_("Signed"), lambda row: row.at),
        Column(_("Ended"), lambda row: row.ended_at),
        Column(_("Why it ended"), lambda row: fallen_text(row.ended_why, language_now())),
    ]

    def read(before: int | None, most: int) -> Sequence[CoverageRow]:
        return coverage_rows(configuration=code, before=before, most=most)

    title = _("Everything that was signed for %(code)s") % {"code": code}
    return Sheet(f"coverage-{code}-signed", title, columns, in_pages(read, lambda row: row.id))


def _software(row: CoverageRow) -> str:
    return "; ".join(f"{system} {version}" for system, version in row.software)
