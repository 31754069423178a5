# ruff: noqa: E501 a table of refusals reads in rows
"""Each line of a plan is read with its defaults or refused at its line; nothing that could never be judged gets in."""

from datetime import date
from decimal import Decimal

import pytest

from inspections.catalogue.entries import Line, digest
from inspections.catalogue.plan_rules import read_lines
from inspections.evaluation.facts import Expression, Level
from tests.catalogue.documents import KNOWN, document, plan_of

EV = "level: every_vehicle, expression"


def lines(*texts):
    found, problems = read_lines(document(plan_of(*texts)), KNOWN, "CN")
    assert problems == []
    return found


def problems(*texts):
    return [(problem.line, problem.text) for problem in read_lines(document(plan_of(*texts)), KNOWN, "CN")[1]]


def test_defaults_are_written_out():
    (line,) = lines(f"characteristic: BOND, {EV}: inside, upper: {{value: 0.10, strict: true}}, uncertainty: 0.002")
    assert line == Line(
        number=1,
        characteristic="BOND",
        level=Level.EVERY_VEHICLE,
        expression=Expression.INSIDE,
        positions=("charge-port", "pack"),
        upper=Decimal("0.10"),
        upper_inclusive=False,
        unit="ohm",
        uncertainty=Decimal("0.002"),
        special="CC",
        legal=True,
        market="CN",
        standard="UN R100",
        edition="03",
        clause="5.1",
        confidence="read",
    )
    assert str(line.upper) == "0.10"


def test_a_bare_limit_is_inclusive_and_a_quoted_one_is_the_same_number():
    bare, quoted = lines(
        f"characteristic: OCV, {EV}: inside, lower: 690", f'characteristic: DV, {EV}: inside, upper: "12.50", unit: V'
    )
    assert (bare.lower, bare.lower_inclusive, bare.legal) == (Decimal(690), True, False)
    assert (str(quoted.upper), quoted.unit) == ("12.50", "V")


def test_dates_of_effect_are_days():
    (line,) = lines(
        f"characteristic: OCV, {EV}: inside, lower: 1, effective_from: 2026-07-01, effective_to: 2027-01-01"
    )
    assert (line.effective_from, line.effective_to) == (date(2026, 7, 1), date(2027, 1, 1))


def test_a_line_may_name_its_own_source():
    own = "standard: GB 18384, edition: '2025', confidence: read"
    (line,) = lines(f"characteristic: BOND, {EV}: inside, upper: 0.1, uncertainty: 0, {own}")
    assert (line.standard, line.edition, line.clause, line.confidence) == ("GB 18384", "2025", "", "read")


def test_sampling_is_kept():
    (line,) = lines(
        "characteristic: OCV, level: sample, expression: inside, lower: 1, "
        "sampling: {basis: per_period, period: shift, size: 5, acceptance: 1}"
    )
    assert (line.basis, line.period, line.sample_size, line.acceptance) == ("per_period", "shift", 5, 1)


def test_any_of_names_its_members_lines_at_the_same_positions():
    found = lines(
        "characteristic: SAFE, level: type, expression: any_of, positions: [dc], members: [ISO, VOLT]",
        "characteristic: ISO, level: type, expression: inside, lower: 500, positions: [ac]",
        "characteristic: ISO, level: type, expression: inside, lower: 100, positions: [dc]",
        "characteristic: VOLT, level: type, expression: inside, upper: 60, positions: [dc]",
    )
    assert [line.members for line in found] == [(3, 4), (), (), ()]


SAMPLED = "level: sample, expression: inside, lower: 1, sampling"
REFUSED = [
    # nothing that can never pass, nothing without a limit
    (f"characteristic: OCV, {EV}: inside", "OCV: inside lacks lower or upper: with no limit stated nothing could"),
    (f"characteristic: SW, {EV}: equal", "SW: equal lacks value: with no limit stated"),
    (f"characteristic: OCV, {EV}: inside, lower: 9, upper: 8", "OCV: found lower 9 above upper 8"),
    (f"characteristic: OCV, {EV}: inside, lower: 8, upper: {{value: 8, strict: true}}", "OCV: nothing lies between 8 and 8"),
    (f"characteristic: OCV, legal: true, {EV}: outside, lower: 8, upper: 8", "OCV: every number lies outside 8 and 8"),
    # numbers, texts, units
    (f'characteristic: OCV, {EV}: inside, lower: "NaN"', "OCV: found 'NaN', expected a decimal of at most 30 digits"),
    (f'characteristic: OCV, {EV}: inside, lower: "1e31"', "OCV: found '1e31', expected a decimal of at most 30 digits"),
    (f"characteristic: DTC, {EV}: inside, upper: 0.5", "DTC: found 0.5, expected a whole number for a count"),
    (f"characteristic: SW, {EV}: equal, value: 4.20", 'SW: found the number 4.20, expected a text; write "4.20" in quotes'),
    (f"characteristic: SW, {EV}: one_of, values: ['a ']", "SW: found 'a ', expected 1 to 200 characters without blanks"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, unit: ohm", "OCV: found the unit ohm, which does not convert to its unit V"),
    (f"characteristic: HVIL, {EV}: conforms, unit: V", "HVIL: found the unit V, but its kind attribute has none"),
    # expressions and kinds
    (f"characteristic: HVIL, {EV}: inside, lower: 1", "HVIL: found inside, expected one of conforms, any_of for its kind"),
    (f"characteristic: OCV, {EV}: conforms", "OCV: found conforms, expected one of inside, outside, equal"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, value: 2", "OCV: found value, which inside does not take"),
    (f"characteristic: HVIL, {EV}: conforms, upper: 2", "HVIL: found upper, which conforms does not take"),
    (f"characteristic: OCV, {EV}: equal, value: 1, case_sensitive: false", "OCV: only an identity is compared as text"),
    # positions
    (f"characteristic: BOND, {EV}: inside, upper: 1, uncertainty: 0, positions: [roof]", "BOND: found the position roof, expected charge-port, pack"),
    (f"characteristic: OCV, {EV}: inside, upper: 1, positions: [roof]", "OCV: found the position roof, expected none: it has no positions"),
    # what is critical, what is law
    (f"characteristic: BOND, {EV}: inside, upper: 0.1", "BOND: a critical variable states its uncertainty"),
    (f"characteristic: BOND, {EV}: inside, upper: 0.1, uncertainty: null", "BOND: a critical variable states its uncertainty"),
    (f"characteristic: OCV, {EV}: inside, upper: 0.1, uncertainty: -1", "OCV: found the uncertainty -1, expected a decimal of 0 or more"),
    (f"characteristic: HVIL, {EV}: conforms, uncertainty: 1", "HVIL: found an uncertainty, but its kind attribute has none"),
    (f"characteristic: HVIL, {EV}: conforms, repeats: 1", "HVIL: found repeats 1, expected 0: a critical characteristic has no free repeat"),
    (f"characteristic: HVIL, {EV}: conforms, repeats: 1, legal: false, note: x", "HVIL: found repeats 1, expected 0: a critical characteristic"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, legal: true, repeats: 1", "OCV: found repeats 1, expected 0: a legal requirement has no free repeat"),
    (f"characteristic: HVIL, {EV}: conforms, legal: false", "HVIL: a critical characteristic that is not legal says why in a note"),
    # conditions
    (f"characteristic: NECK, {EV}: inside, upper: 3.3", "NECK: found inside, expected one of conforms, any_of for its kind attribute"),
    (f"characteristic: USE, {EV}: inside, upper: 24", "USE: a utilisation is asked by inside with upper 1 or less (24 % or 8 %)"),
    # sources
    (f"characteristic: OCV, {EV}: inside, lower: 1, standard: GB 1", "OCV: a line that names its own standard states its own confidence"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, confidence: read", "OCV: the confidence read needs a standard on the same line"),
    # market, dates, samples
    (f"characteristic: OCV, {EV}: inside, lower: 1, market: EU", "OCV: found the market EU, but the configuration is for CN"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, effective_from: 1.7.2026", "OCV: found '1.7.2026', expected a date such as 2026-07-01"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, effective_from: 2026-07-02, effective_to: 2026-07-01", "OCV: found effective_from 2026-07-02, which is not before"),
    ("characteristic: OCV, level: sample, expression: inside, lower: 1", "OCV: the level is sample: state how many samples"),
    (f"characteristic: OCV, {EV}: inside, lower: 1, sampling: {{basis: per_batch, size: 1}}", "OCV: sampling belongs to level sample"),
    (f"characteristic: OCV, {SAMPLED}: {{basis: per_batch, period: week, size: 1}}", "OCV: a period belongs to the basis per_period"),
    (f"characteristic: OCV, {SAMPLED}: {{basis: per_period, size: 1}}", "OCV: a period belongs to the basis per_period"),
    (f"characteristic: DV, {SAMPLED}: {{basis: per_batch, size: 9, acceptance: 1}}", "DV: found acceptance 1, expected 0: SC is accepted with none"),
    (f"characteristic: OCV, legal: true, {SAMPLED}: {{basis: per_batch, size: 9, acceptance: 1}}", "OCV: found acceptance 1, expected 0: a legal"),
    # what the catalogue knows
    (f"characteristic: XYZ, {EV}: conforms", "found XYZ, which the catalogue does not know; load its procedure first"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[said[:60] for _, said in REFUSED])
def test_an_unsound_line_is_refused_where_it_stands(text, said):
    sound = (
        f"characteristic: DTC, {EV}: equal, value: 0"
        if "DTC" not in text
        else f"characteristic: SW, {EV}: equal, value: x"
    )
    ((line, words),) = problems(sound, text)
    assert line == 5
    assert words.startswith(said)


def test_a_position_is_asked_once():
    assert problems(
        f"characteristic: BOND, {EV}: inside, upper: 0.1, uncertainty: 0, positions: [pack]",
        f"characteristic: BOND, {EV}: inside, upper: 0.2, uncertainty: 0",
    ) == [(5, "BOND: the position pack is asked a second time, expected once; see line 4")]


def test_a_procedure_has_one_level():
    ((line, words),) = problems(
        f"characteristic: OCV, {EV}: inside, lower: 1", "characteristic: DV, level: type, expression: inside, upper: 1"
    )
    assert (line, words.startswith("DV: found the level type, but PACK has every_vehicle on another line")) == (5, True)


def test_samples_of_one_procedure_are_drawn_once():
    assert problems(
        f"characteristic: OCV, {SAMPLED}: {{basis: per_batch, size: 1}}",
        f"characteristic: DV, {SAMPLED}: {{basis: per_batch, size: 2}}",
    ) == [(5, "DV: its sampling differs from that of OCV; samples of PACK are drawn once")]


GROUP = "characteristic: SAFE, level: type, expression: any_of, members: [ISO, VOLT]"
ISO = "characteristic: ISO, level: type, expression: inside, lower: 100"
VOLT = "characteristic: VOLT, level: type, expression: inside, upper: 60"
GROUPS = [
    ([GROUP, ISO], "SAFE: the member VOLT has no line of its own with the same positions (dc, ac)"),
    ([GROUP, ISO, VOLT + ", positions: [dc]"], "SAFE: the member VOLT has no line of its own with the same positions"),
    ([GROUP, ISO, VOLT + ", effective_from: 2026-07-01"], "SAFE: the member VOLT has other dates of effect"),
    ([GROUP.replace("VOLT", "SAFE"), ISO], "SAFE: the member SAFE is a group itself"),
    (
        [f"characteristic: NECK, {EV}: any_of, members: [OCV, DV]", f"characteristic: OCV, {EV}: inside, lower: 1", f"characteristic: DV, {EV}: inside, upper: 1"],
        "NECK: the member DV belongs to PACK, another procedure",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "said"), GROUPS)
def test_members_exist_and_share_positions_procedure_and_dates(texts, said):
    line, words = problems(*texts)[0]
    assert (line, words.startswith(said)) == (4, True)


def test_every_error_is_listed_at_once():
    found = problems(
        f"characteristic: OCV, {EV}: inside",
        f"characteristic: BOND, {EV}: inside, upper: 0.1, positions: [roof]",
        f"characteristic: XYZ, {EV}: conforms",
    )
    assert [line for line, _ in found] == [4, 5, 5, 6]


def test_the_digest_is_of_what_is_asked_not_of_how_it_is_written():
    text = f"characteristic: OCV, {EV}: inside, lower: 690"
    bare, quoted, other = (
        digest(lines(each)) for each in (text, text.replace("690", '"690"'), text.replace("690", "690.0"))
    )
    assert bare == quoted
    assert bare != other
    assert digest(lines(text.replace("690", "-0"))) == digest(lines(text.replace("690", "0")))
