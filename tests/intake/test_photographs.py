"""Photographs: what is taken, what is refused in words, and that one is never more than a picture."""

import io
import struct
import zlib

import pytest
from PIL import Image

from inspections.evaluation.reasons import Outcome
from inspections.gates.services import decide_batch
from inspections.intake.models import Photograph
from inspections.intake.photographs import MOST_PHOTOGRAPHS, PhotographsRefused, attach_photographs, keep_picture
from inspections.intake.pictures import MOST_BYTES, PictureRefused, read_picture
from inspections.intake.storage import read_whole
from inspections.marks.models import Mark
from inspections.people.choices import Role
from inspections.people.rules import Actor, NotAllowed
from inspections.records.models import LedgerEntry
from inspections.results.models import Inspection
from inspections.results.services import record_inspection
from tests import factories
from tests.factories import AT


def picture(kind="JPEG", size=(40, 30), colour="red", mode="RGB", **more):
    written = io.BytesIO()
    Image.new(mode, size, colour).save(written, kind, **more)
    return written.getvalue()


def with_position():
    """A JPEG that says where it was taken and that it lies on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif)


def huge_png():
    """A few bytes that unfold to more pixels than are decoded."""
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def moving():
    written = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:])
    return written.getvalue()


@pytest.mark.parametrize(("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_what_cameras_write_is_taken(kind, media_type):
    found = read_picture(picture(kind))
    assert (found.media_type, found.width, found.height) == (media_type, 40, 30)


def test_the_copy_that_is_shown_is_upright_and_says_no_more_than_what_is_seen():
    found = read_picture(with_position())
    shown = Image.open(io.BytesIO(found.shown))
    assert (shown.format, shown.size, dict(shown.getexif())) == ("JPEG", (30, 40), {})


def test_what_was_clear_through_is_shown_on_white():
    shown = Image.open(io.BytesIO(read_picture(picture("PNG", mode="RGBA", colour=(0, 0, 0, 0))).shown))
    assert shown.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"0" * (MOST_BYTES + 1), "more than 12 MB"),
        (b"<svg onload=alert(1)>", "no picture that is taken here"),
        (b"%PDF-1.7", "no picture that is taken here"),
        (picture("GIF"), "no picture that is taken here"),
        (picture()[:300], "damaged"),
        (picture("PNG", size=(400, 300))[:-40], "damaged"),
        (huge_png(), "million pixels"),
        (moving(), "moves"),
    ],
    ids=["empty", "large", "svg", "pdf", "gif", "cut-jpeg", "cut-png", "bomb", "moving"],
)
def test_whatever_is_no_still_picture_is_refused_in_words(content, said):
    with pytest.raises(PictureRefused, match=said):
        read_picture(content)


@pytest.fixture
def recorded(db):
    plant = factories.make_plant()
    person = Actor.person(factories.make_person(Role.INSPECTOR))
    record_inspection(posted=plant.posted(), rig=plant.rig, actor=person, person_id=person.id, at=AT)
    plant.actor = person
    plant.inspection = Inspection.objects.get()
    return plant


def attach(plant, *colours, actor=None):
    pictures = [keep_picture(content=picture(colour=colour), name=f"{colour}.jpg") for colour in colours]
    return attach_photographs(inspection=plant.inspection, pictures=pictures, actor=actor or plant.actor, at=AT)


@pytest.mark.law(4)
def test_the_original_is_kept_as_it_was_sent_and_the_ledger_names_it(recorded):
    (row,) = attach(recorded, "red")
    assert read_whole(row.sha256) == picture(colour="red")
    entry = LedgerEntry.objects.get(act="inspection.photographed")
    assert (entry.subject, entry.after["sha256"]) == (recorded.inspection.external_id, row.sha256)


def test_the_same_picture_twice_is_one_and_tells_once(recorded):
    attach(recorded, "red", "red")
    assert attach(recorded, "red") == []
    assert (Photograph.objects.count(), LedgerEntry.objects.filter(act="inspection.photographed").count()) == (1, 1)


@pytest.mark.law(1)
def test_a_photograph_changes_no_verdict_and_marks_nothing(recorded):
    decide_batch(batch_id=recorded.batch.pk, at=AT)
    gates = list(recorded.vehicle.gates.values_list("domain", "state", "counter"))
    attach(recorded, "red")
    recorded.inspection.refresh_from_db()
    assert list(recorded.vehicle.gates.values_list("domain", "state", "counter")) == gates
    assert (Outcome(recorded.inspection.verdict), Mark.objects.count()) == (Outcome.PASS, 0)


def test_only_whoever_recorded_it_puts_photographs_with_it(recorded):
    for role, refusal in ((Role.INSPECTOR, PhotographsRefused), (Role.AUDITOR, NotAllowed)):
        with pytest.raises(refusal):
            attach(recorded, "red", actor=Actor.person(factories.make_person(role)))
    assert Photograph.objects.count() == 0


def test_more_than_an_inspection_takes_are_refused_together(recorded):
    with pytest.raises(PhotographsRefused, match=f"takes {MOST_PHOTOGRAPHS} photographs"):
        attach(recorded, *[f"#{number * 25:02x}0000" for number in range(MOST_PHOTOGRAPHS + 1)])
    assert Photograph.objects.count() == 0
