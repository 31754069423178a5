"""What a VIN says of itself beyond naming a car. None of it decides anything."""

from __future__ import annotations

from django.utils.translation import gettext as _

from inspections.batches.rules import CHECK_DIGIT_MARKETS, check_digit, manufacturer_codes
from inspections.catalogue.models import ManufacturerCode
from inspections.gates.sentence_catalogue import Language


def vin_facts(vin: str, market: str, language: Language) -> list[tuple[str, str]]:
    """Names and texts: who made it, and a check digit that differs where the market's law does not ask for one
    (ISO 3779 has none). One statement."""
    codes = manufacturer_codes(vin)
    known = {row.code: row for row in ManufacturerCode.objects.filter(code__in=codes)}
    found = next((known[code] for code in codes if code in known), None)
    if found is None:
        made = _("%(code)s: nobody has entered whose code this is") % {"code": codes[0]}
    else:
        maker = (found.maker_zh if language == "zh-hans" else "") or found.maker
        made = _("%(maker)s (%(code)s)") % {"maker": maker, "code": found.code}
    facts = [(_("Maker, by the VIN"), made)]
    if market not in CHECK_DIGIT_MARKETS and vin[8] != check_digit(vin):
        facts.append(
            (
                _("Check digit (place 9)"),
                _("%(found)s; the other places make it %(made)s, which %(market)s does not ask for")
                % {"found": vin[8], "made": check_digit(vin), "market": market},
            )
        )
    return facts
