"""A catalogue is loaded whole or not at all; loading it again changes nothing; what changes is on the ledger."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inspections.catalogue.models import (
    Characteristic,
    ComponentKind,
    Configuration,
    Procedure,
    SourceItem,
    VehicleModel,
)
from inspections.catalogue.services import FilesRefused, load_catalogue_documents
from inspections.gates.queries import clearance
from inspections.gates.recounting import recount_batch
from inspections.gates.services import decide_batch
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.services import FittedPart, fit_components
from tests.catalogue.documents import CATALOGUE, document
from tests.factories import AT, SYSTEM, make_person, mes_actor

pytestmark = pytest.mark.django_db


def load(*texts, actor=SYSTEM):
    documents = [document(text, f"{place}.yaml") for place, text in enumerate(texts)]
    return load_catalogue_documents(documents=documents, actor=actor, at=AT)


def test_everything_in_a_file_is_stored():
    loaded = load(CATALOGUE)
    assert dict(loaded.added) == {
        "model": 1, "configuration": 1, "component_kind": 1, "procedure": 1, "characteristic": 3, "source_item": 1,
    }  # fmt: skip
    bond = Characteristic.objects.get(code="BOND")
    assert (bond.procedure.code, bond.kind, bond.unit, bond.special, bond.positions) == (
        "BAT-EOL", "variable", "ohm", "CC", ["charge-port", "pack"],
    )  # fmt: skip
    assert (bond.name_zh, bond.standard, bond.clause, bond.confidence) == (
        "等电位连接电阻",
        "UN R100",
        "5.1.2.2",
        "read",
    )
    assert Configuration.objects.get().model.code == "SU7"
    assert SourceItem.objects.values_list("adapter", "item", "characteristic__code", "position").get() == (
        "wats_json", "HV / Bonding", "BOND", "pack",
    )  # fmt: skip


def test_a_second_load_changes_nothing_and_says_so():
    load(CATALOGUE)
    entries = LedgerEntry.objects.count()
    again = load(CATALOGUE)
    assert again.nothing_changed
    assert again.unchanged.total() == 8
    assert LedgerEntry.objects.count() == entries


def test_a_change_is_stored_and_on_the_ledger_with_before_and_after():
    load(CATALOGUE)
    loaded = load(CATALOGUE.replace("name: Equipotential bonding", "name: Bonding"))
    assert (dict(loaded.added), dict(loaded.changed)) == ({}, {"characteristic": 1})
    entry = LedgerEntry.objects.order_by("-id").first()
    assert (entry.act, entry.subject_kind, entry.subject, entry.at) == (
        "catalogue.changed",
        "characteristic",
        "BOND",
        AT,
    )
    assert (entry.before, entry.after) == ({"name": "Equipotential bonding"}, {"name": "Bonding"})


def test_one_error_in_one_file_loads_nothing_of_any():
    unknown = "  - {code: X, model: NONE, trim: a, market: CN, pack_supplier: b}"
    with pytest.raises(FilesRefused) as refused:
        load(CATALOGUE, f"format: interlock-catalogue/1\nconfigurations:\n{unknown}")
    assert [str(problem) for problem in refused.value.problems] == [
        "1.yaml:3: found the model NONE, which the catalogue does not know"
    ]
    assert not VehicleModel.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_schema_errors_of_all_files_are_listed_at_once():
    bad = "format: interlock-catalogue/1\nmodels:\n  - {code: A}\n"
    with pytest.raises(FilesRefused) as refused:
        load(bad, CATALOGUE.replace("domain: battery", "domain: x"))
    assert [(problem.file, problem.line) for problem in refused.value.problems] == [("0.yaml", 3), ("1.yaml", 11)]


def test_documents_may_name_what_another_of_the_same_call_brings():
    head, procedures = CATALOGUE.split("procedures:")
    loaded = load("format: interlock-catalogue/1\nprocedures:" + procedures, head)
    assert loaded.added["characteristic"] == 3


def test_a_change_of_what_is_written_once_is_refused_in_words_and_by_the_database():
    load(CATALOGUE)
    with pytest.raises(FilesRefused, match="the unit of BOND is ohm and written once, the file says mohm"):
        load(CATALOGUE.replace("unit: ohm\n", "unit: mohm\n"))
    with (
        pytest.raises(IntegrityError, match="column unit of inspections_characteristic is written once"),
        transaction.atomic(),
    ):
        Characteristic.objects.filter(code="BOND").update(unit="mohm")


def test_what_a_file_no_longer_names_stays():
    load(CATALOGUE)
    load("format: interlock-catalogue/1\nmodels: []")
    assert Procedure.objects.count() == 1


def test_a_source_item_may_be_mapped_anew():
    load(CATALOGUE)
    loaded = load(CATALOGUE.replace("characteristic: BOND, position: pack", "characteristic: OCV"))
    assert dict(loaded.added) == {"source_item": 1}
    loaded = load(CATALOGUE.replace("characteristic: BOND, position: pack", "characteristic: SW"))
    assert dict(loaded.changed) == {"source_item": 1}


def test_only_a_catalogue_owner_or_the_system_loads():
    load(CATALOGUE, actor=Actor.person(make_person(Role.CATALOGUE_OWNER)))
    for role in set(Role) - {Role.CATALOGUE_OWNER}:
        with pytest.raises(NotAllowed, match="catalogue_owner"):
            load(CATALOGUE, actor=Actor.person(make_person(role)))
    with pytest.raises(NotAllowed):
        load(CATALOGUE, actor=mes_actor())


def test_loading_again_costs_the_same_however_much_is_there():
    more = "".join(f"      - {{code: X{n}, name: X, kind: attribute, confidence: plant-default}}\n" for n in range(30))
    large = CATALOGUE.replace("    source_items:", more + "    source_items:")
    load(CATALOGUE)
    with CaptureQueriesContext(connection) as few:
        load(CATALOGUE)
    load(large)
    with CaptureQueriesContext(connection) as many:
        load(large)
    assert len(few) == len(many)
    assert len(many) <= 18


@pytest.mark.law(7)
class TestWhatMakesResultsStale:
    """It is asked at each decision: changed in the catalogue, it changes what a car rests on, and nobody measured."""

    def catalogue(self, plant, kinds, *, known=()):
        procedure = plant.procedures["DRV-EOL"]
        own = ", ".join(f"{{code: {kind}, name: {kind}}}" for kind in known)
        measured = [
            (row, f", unit: {row.unit}" if row.unit else "", ", ".join(row.positions))
            for row in procedure.characteristics.order_by("pk")
        ]
        lines = [
            f"      - {{code: {row.code}, name: {row.name}, kind: {row.kind}{unit}, positions: [{positions}],"
            " confidence: plant-default}"
            for row, unit, positions in measured
        ]
        return "\n".join(
            [
                "format: interlock-catalogue/1",
                f"component_kinds: [{own}]",
                "procedures:",
                "  - code: DRV-EOL",
                "    name: DRV-EOL",
                "    domain: driving",
                "    software_systems: [ADAS]",
                f"    component_kinds: [{', '.join(kinds)}]",
                "    characteristics:",
                *lines,
            ]
        )

    def stands(self, plant):
        decide_batch(batch_id=plant.batch.pk, at=AT)
        return sorted({(cause.gate, cause.code) for cause in clearance(vin=plant.vehicle.vin, at=AT).reasons})

    def test_law_7_a_kind_that_a_procedure_names_from_now_on_makes_its_results_stale(self, plant, good_car):
        ComponentKind.objects.create(code="tyre", name="tyre")
        fitted = [FittedPart("tyre", "T-1")]
        fit_components(vehicle=good_car, fitted=fitted, changed_at=AT, actor=SYSTEM, at=AT)
        assert self.stands(plant) == [("", "not_released")]
        load(self.catalogue(plant, ["camera", "tyre"]))
        assert clearance(vin=good_car.vin, at=AT).clear is False
        assert self.stands(plant) == [("driving", "evidence_stale")]
        assert recount_batch(batch_id=plant.batch.pk, at=AT) == []

    def test_a_kind_that_becomes_known_is_decided_anew_too(self, plant, good_car):
        fitted = [FittedPart("tyre", "T-1")]
        fit_components(vehicle=good_car, fitted=fitted, changed_at=AT, actor=SYSTEM, at=AT)
        domains = ("battery", "crash", "driving")
        assert self.stands(plant) == [(domain, "evidence_stale") for domain in domains]
        load(self.catalogue(plant, ["camera"], known=["tyre"]))
        assert self.stands(plant) == [("", "not_released")]
        assert recount_batch(batch_id=plant.batch.pk, at=AT) == []

    def test_what_says_nothing_of_it_has_nothing_decided_anew(self, plant, good_car):
        load(self.catalogue(plant, ["camera"]).replace("name: DRV-EOL", "name: Driving systems"))
        assert not Mark.objects.exists()
