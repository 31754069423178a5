from inspections.gates.sentences import ReasonFacts
from inspections.web.reason_groups import KEPT, SHOWN, PageReason, group_reasons
from inspections.web.statuses import Status

MISSING = ReasonFacts("missing_result", characteristic="Withstand voltage DC")
FAILED = ReasonFacts(
    "measurement_failed",
    characteristic="Bonding",
    found="0.100 Ω",
    required="less than 0.1 Ω",
    detail={"nonconformance": "NC-204"},
)


def test_same_reason_of_several_cars_is_said_once():
    listed = group_reasons([PageReason(MISSING, car) for car in (498, 497, 485)], "en")
    assert [group.said.text for group in listed.shown] == ["Cars 485, 497 and 498: no result for withstand voltage DC."]
    assert listed.shown[0].cars == (485, 497, 498)


def test_reasons_that_differ_in_what_was_found_stay_apart():
    other = ReasonFacts("measurement_failed", characteristic="Bonding", found="0.2 Ω", required="less than 0.1 Ω")
    assert len(group_reasons([PageReason(FAILED, 17), PageReason(other, 18)], "en").shown) == 2


def test_worst_stands_first_whatever_came_first():
    listed = group_reasons([PageReason(MISSING, 3), PageReason(FAILED, 17)], "en")
    assert [group.status for group in listed.shown] == [Status.FAIL, Status.MISSING]
    assert listed.worst.code == "measurement_failed"


def test_missing_result_is_a_fail_once_testing_is_closed():
    listed = group_reasons([PageReason(MISSING, 3, status=Status.FAIL)], "en")
    assert listed.worst.status is Status.FAIL


def test_five_are_shown_a_hundred_kept_and_the_rest_counted():
    reasons = [PageReason(ReasonFacts("missing_result", characteristic=f"Test {n}"), n) for n in range(1, 131)]
    listed = group_reasons(reasons, "en")
    assert (len(listed.shown), len(listed.more), listed.left) == (SHOWN, KEPT - SHOWN, 30)


def test_batch_reasons_of_its_own_are_never_merged():
    expired = ReasonFacts("coverage_expired", detail={"coverage": "C-118"})
    assert len(group_reasons([PageReason(expired), PageReason(expired)], "en").shown) == 2


def test_one_car_links_to_its_page_several_to_the_list_and_the_nonconformance_to_its_own():
    links = (("nonconformance", "/nonconformances/NC-204/"),)
    one = group_reasons([PageReason(FAILED, 17, "/vehicles/V17/", links)], "en", cars_url="/cars/").shown[0]
    assert [(part.text, part.url) for part in one.parts if part.url] == [("Car 17", "/vehicles/V17/")]
    assert [part.url for part in one.clears_parts if part.url] == ["/nonconformances/NC-204/"]
    several = group_reasons([PageReason(MISSING, 1, "/a/"), PageReason(MISSING, 2, "/b/")], "en", cars_url="/cars/")
    assert [(part.text, part.url) for part in several.shown[0].parts if part.url] == [("Cars 1 and 2", "/cars/")]


def test_what_was_found_and_required_is_emphasised():
    group = group_reasons([PageReason(FAILED, 17)], "en").shown[0]
    assert [part.text for part in group.parts if part.emphasised] == ["0.100 Ω", "less than 0.1 Ω"]


def test_nothing_to_list_has_no_worst():
    assert group_reasons([], "en").worst is None
