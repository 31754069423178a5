import pytest

from inspections.batches.rules import check_digit, is_vin, manufacturer_codes, vin_fault, vin_form_fault


@pytest.mark.parametrize(
    "vin", ["1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715", "LSGPC52U6AF102554", "1HGCM82633A004352"]
)
def test_a_right_check_digit_is_accepted_where_the_market_demands_it(vin: str) -> None:
    assert vin_fault(vin, "CN") is None
    assert check_digit(vin) == vin[8]


@pytest.mark.parametrize(
    ("market", "accepted"), [("CN", False), ("US", False), ("CA", False), ("MX", False), ("EU", True)]
)
def test_a_wrong_check_digit_is_a_fault_only_where_the_market_demands_it(market: str, accepted: bool) -> None:
    assert (vin_fault("WP0ZZZ99ZTS392124", market) is None) is accepted


def test_the_fault_says_what_the_digit_should_be() -> None:
    assert vin_fault("1HGCM82633A004353", "CN") == "3 as check digit (place 9), the others make it 5"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3LN6L5LU6HR6267668", "18 characters, a VIN has 17"),
        ("", "0 characters, a VIN has 17"),
        ("KNDCB3LCOJ5177246", "'O' in it"),
        ("lsgpc52u6af102554", "in it, a VIN holds only digits and capital letters"),
        ("LSGPC52U6AF10255４", "'４' in it"),
    ],
)
def test_the_form_of_a_vin_is_required_everywhere(text: str, words: str) -> None:
    assert words in (vin_form_fault(text) or "")
    assert not is_vin(text)
    assert words in (vin_fault(text, "EU") or "")


@pytest.mark.parametrize(
    ("vin", "codes"),
    [
        ("LSGPC52U6AF102554", ("LSG",)),
        ("1M9GDM9AXKP042788", ("1M9042", "1M9")),
    ],
)
def test_a_small_maker_is_known_by_places_12_to_14_too(vin: str, codes: tuple[str, ...]) -> None:
    assert manufacturer_codes(vin) == codes
