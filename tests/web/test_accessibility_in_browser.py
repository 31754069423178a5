"""Every page in Chromium before axe-core (WCAG 2.2 AA): light and dark, wide and on a tablet, in two languages."""

import pytest

from tests.depth import LONG, every
from tests.web.browsing import sign_in
from tests.web.page_list import NO_PAGES, page_addresses

pytestmark = pytest.mark.django_db(transaction=True)

DESK, TABLET = {"width": 1440, "height": 900}, {"width": 820, "height": 1180}
WIDE_BY_NATURE = ("batches/<str:number>/matrix/", "characteristics/<str:code>/")
"""Where a table or a chart may be wider than a tablet."""
PARTS = 3
DRAWN = {
    "", "batches/<str:number>/", *WIDE_BY_NATURE, "vehicles/<str:vin>/", "entry/<str:vin>/<str:procedure>/",
    "nonconformances/", "nonconformances/<str:number>/", "plans/<str:code>/<int:number>/", "sampling/",
    "traces/<int:number>/",
}  # fmt: skip
"""Pages with marks and drawings of their own, looked at each time, in dark too; of the others, which are made of the
same parts, every fifth in light, and all in both with INTERLOCK_LONG=1. That the colours themselves can be told apart
in both themes is reckoned in test_stylesheet."""


@pytest.fixture
def _django_db_helper():
    """Nothing is emptied between these tests, which only read."""


@pytest.fixture(scope="module")
def site(served_for_the_module):
    """A plant that has seen everything, served for real; its reader has every role, so no act is left out."""
    from inspections.people.choices import Role
    from tests.factories import AT, make_person
    from tests.filled_plant import fill_plant

    class Site:
        url = served_for_the_module(lambda: AT)
        pages = page_addresses(fill_plant())
        reader = make_person(*Role)

    return Site


@pytest.fixture
def served(site, context):
    sign_in(context, site.url, site.reader)
    return site


def look(page, url, *, dark=True):
    """What is wrong with the page at `url`: whole on a desk in light, what colour and width change on a dark tablet;
    with `dark` False its structure alone. It is left on the tablet."""
    from tests.web.accessibility import BY_COLOUR, BY_COLOUR_AND_WIDTH, findings, load_axe

    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(DESK)
    page.goto(url)
    load_axe(page)
    found = [f"light, on a desk: {each}" for each in findings(page, but=[] if dark else BY_COLOUR)]
    page.set_viewport_size(TABLET)
    if not dark:
        return found
    page.emulate_media(color_scheme="dark")
    return found + [f"dark, on a tablet: {each}" for each in findings(page, rules=BY_COLOUR_AND_WIDTH)]


def test_what_is_no_page_is_there_still():
    from inspections.web.urls import urlpatterns

    assert set(NO_PAGES) - {each.name for each in urlpatterns} == set()


def test_what_is_looked_at_in_dark_is_there(served):
    assert set(served.pages) & DRAWN == DRAWN


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_finding(page, served, part):
    wrong, opened = {}, []
    page.on("response", lambda answer: opened.append(answer) if answer.request.is_navigation_request() else None)
    drawn = [route for route in served.pages if route in DRAWN]
    others = [route for route in served.pages if route not in DRAWN][:: every(5)]
    for route in [*drawn, *others][part::PARTS]:
        opened.clear()
        found = look(page, served.url + served.pages[route], dark=LONG or route in DRAWN)
        found += [f"opened as {answer.status} {answer.url}" for answer in opened if answer.status != 200]
        sideways = page.evaluate("document.documentElement.scrollWidth") > TABLET["width"]
        if sideways and route not in WIDE_BY_NATURE:
            found.append("scrolls sideways on a tablet")
        if found:
            wrong[route] = found
    assert not wrong, "\n".join(f"{route}\n  " + "\n  ".join(found) for route, found in wrong.items())


def test_the_login_and_an_error_page_have_no_serious_finding(page, served):
    assert look(page, f"{served.url}/batches/NONE/") == []
    page.context.clear_cookies()
    assert look(page, f"{served.url}/accounts/login/") == []


def test_in_chinese_no_main_page_has_a_serious_finding(page, served):
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": served.url}])
    found = {}
    for route in ("", "batches/<str:number>/", "vehicles/<str:vin>/", "entry/<str:vin>/<str:procedure>/"):
        found[route] = look(page, served.url + served.pages[route], dark=LONG)
        assert page.locator("html").get_attribute("lang") == "zh-hans"
    assert [line for lines in found.values() for line in lines] == []


def test_what_is_wrong_would_be_found(page):
    from tests.web.accessibility import findings, load_axe

    page.goto("about:blank")  # without the security policy of the page before
    page.set_content("""<html lang="en"><title>x</title><main><input name="bare">
        <p style="color: #999; background: #fff">pale words</p>
        <button style="width: 9px; height: 9px; padding: 0">a</button><button style="width: 9px; height: 9px">b</button>
        </main></html>""")
    load_axe(page)
    assert {each.split(":")[0] for each in findings(page)} == {"label", "color-contrast", "target-size"}
