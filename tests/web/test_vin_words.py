"""What a VIN says of itself: information, as the plant entered it."""

import pytest
from django.db import IntegrityError, transaction

from inspections.catalogue.models import ManufacturerCode
from inspections.web.vin_words import vin_facts

pytestmark = pytest.mark.django_db
VIN = "LSGPC52U6AF102554"


def enter(code, maker="Maker", maker_zh="厂家"):
    return ManufacturerCode.objects.create(code=code, maker=maker, maker_zh=maker_zh, source="type approval")


def test_a_code_that_nobody_entered_says_so():
    assert vin_facts(VIN, "CN", "en") == [("Maker, by the VIN", "LSG: nobody has entered whose code this is")]


def test_the_maker_is_named_in_the_language_of_the_reader():
    enter("LSG")
    assert vin_facts(VIN, "CN", "en")[0][1] == "Maker (LSG)"
    assert vin_facts(VIN, "CN", "zh-hans")[0][1] == "厂家 (LSG)"


def test_of_a_small_maker_the_longer_code_says_more():
    vin = "LX9PC52U6AF102554"
    enter("LX9", "Several small makers")
    assert vin_facts(vin, "CN", "en")[0][1] == "Several small makers (LX9)"
    enter(f"LX9{vin[11:14]}", "The one")
    assert vin_facts(vin, "CN", "en")[0][1] == f"The one (LX9{vin[11:14]})"


def test_a_check_digit_that_differs_is_told_where_no_law_asks_for_it():
    porsche = "WP0ZZZ99ZTS392124"
    (_, told) = vin_facts(porsche, "EU", "en")
    assert told[0] == "Check digit (place 9)"
    assert told[1].startswith("Z; the other places make it ")
    assert len(vin_facts("1HGCM82633A004352", "EU", "en")) == 1


@pytest.mark.parametrize("code", ["LS", "LSGA", "LSI", "lsg", "LSG123", "LX912O"])
def test_a_code_of_another_form_is_refused_by_the_database(code):
    with pytest.raises(IntegrityError), transaction.atomic():
        enter(code)


def test_it_takes_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        vin_facts(VIN, "EU", "en")
