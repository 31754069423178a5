from inspections.certificates.queries import standing_of
from tests import concessions
from tests.factories import AT, changed_value
from tests.papers import drawn, pdf_of, release, scanned


def test_first(plant, issue, record):
    record(*plant.passing())
    cars = concessions.more_cars(plant, 3)
    concessions.measure_squib(plant, cars=cars[:1])
    concessions.approve(concessions.propose(cars[0]))
    bad = plant.posted(vin=cars[1].vin, measurements=changed_value("BAT-EOL", "BOND", "0.100"))
    record(bad)
    release(plant.batch)
    for name, subject in (("cert", cars[0]), ("batch", plant.batch)):
        paper = issue(subject)
        pdf = pdf_of(paper)
        for n, page in enumerate(drawn(pdf)):
            page.save(f"/tmp/{name}-{n}.png")
        print(scanned(pdf)[:50])
        print(len(paper.code), len(pdf))
        print(standing_of(paper, at=AT))
        assert issue(subject) == paper
