"""What the plant tells of its vehicles, between the form of the contract and that of the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...results.services import ChangeRefused, FittedPart, RegistrationRefused
from ..problems import Refused

MOST_ERRORS = 100


def software_pairs(software: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(item["system"], item["version"]) for item in software]


def fitted_parts(components: Iterable[Mapping[str, str]]) -> list[FittedPart]:
    return [FittedPart(part["kind"], part["serial"], part.get("lot", "")) for part in components]


def change_problem(refusal: ChangeRefused | RegistrationRefused) -> Refused:
    """409 where it contradicts the record, 422 where it cannot be so at all."""
    status, detail = 409 if refusal.conflict else 422, refusal.errors[0].detail
    return Refused(status, refusal.code, detail, refusal.errors[:MOST_ERRORS])
