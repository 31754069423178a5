"""Days and moments are shown and taken as year-month-day everywhere, whatever language browser and page speak."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import override

from inspections.people.choices import Role
from inspections.web.forms.texts import MomentField
from tests.factories import AT

PAGES = ("/targets/", "/characteristics/", "/rigs/EOL-3/", "/holds/lists/new/")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("path", PAGES)
def test_no_control_of_the_browser_writes_a_day_in_an_order_of_its_own(sign_in, plant, path, language):
    person = sign_in(Role.ENGINEER, Role.CATALOGUE_OWNER)
    html = person.get(path, headers={"accept-language": language}).content.decode()
    assert re.findall(r'type="(?:date|datetime-local|month|week|time)"', html) == []
    examples = set(re.findall(r'<input[^>]*placeholder="(\d[^"]*)"', html))
    assert examples <= {"2026-11-23", "2026-11-23 08:30"}
    assert examples != set()


@pytest.mark.parametrize(
    "written",
    ["2026-11-23 08:00", "2026-11-23 08:00:00", "2026-11-23T08:00", "2026-11-23T08:00:00", " 2026-11-23 08:00 "],
)
def test_a_moment_is_taken_as_it_is_shown_and_as_addresses_kept_it(written):
    assert MomentField().clean(written) == AT


@pytest.mark.parametrize(
    "written", ["11/12/2026 08:00", "12.11.2026 08:00", "2026-13-01 08:00", "2026/11/12 08:00", "08:00"]
)
def test_a_moment_that_could_be_read_in_two_ways_is_refused(written):
    with override("en"), pytest.raises(ValidationError, match="Write it as 2026-11-23 08:30"):
        MomentField().clean(written)


def test_a_moment_is_shown_as_it_is_taken():
    field = MomentField()
    shown = field.widget.format_value(timezone.localtime(AT))
    assert (shown, field.clean(shown)) == ("2026-11-23 08:00", AT)
