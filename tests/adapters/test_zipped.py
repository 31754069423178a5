"""Archives are bounded and their names checked before anything of them is unpacked."""

import io
import struct
import zipfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspections.adapters.canonical import AdapterError
from inspections.adapters.zipped import open_folder


def zipped(members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, **options)
    return out.getvalue()


def opened(data, max_bytes=16 * 1024 * 1024):
    return open_folder(io.BytesIO(data), max_bytes)


def refusal(data, max_bytes=16 * 1024 * 1024):
    with pytest.raises(AdapterError) as refused:
        folder = opened(data, max_bytes)
        for name in folder.members:
            folder.read(name)
    return refused.value


def named(name):
    """An archive whose one member has this name, whatever the library thinks of it."""
    plain = "x" * len(name.encode())
    return zipped([(plain, "content")]).replace(plain.encode(), name.encode())


def test_a_folder_is_read_member_by_member():
    folder = opened(zipped([("a/", ""), ("a/b.txt", "one"), ("c", "two")]))
    assert {name: folder.read(name) for name in folder.members} == {"a/b.txt": b"one", "c": b"two"}


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a//b", "C:/x", "a\\..\\b", "./x", "a/./b"])
def test_a_name_that_leads_out_is_refused(name):
    assert refusal(named(name)).found == "a name that leads out of its folder"


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size():
    bomb = zipped([("bomb", bytes(4 * 1024 * 1024))])
    assert "unpacked from" in refusal(bomb).found
    assert refusal(zipped([("big", "0123456789" * 20_000)]), 100_000).found.startswith("more than 100000 bytes")


def test_the_bound_counts_all_members_together():
    several = zipped([(str(number), "0123456789" * 500) for number in range(30)])
    assert refusal(several, 100_000).place == "member '20'"


def test_a_member_that_lies_about_its_size_is_counted():
    data = bytearray(zipped([("a", "x" * 5000)]))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    assert "broken zip" in refusal(bytes(data)).found


def test_links_encrypted_members_and_unusual_packing_are_refused():
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert refusal(zipped([(link, "/etc/passwd")])).found == "a link"
    data = bytearray(zipped([("a", "x")]))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert refusal(bytes(data)).found == "an encrypted member"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a", "x")
    assert refusal(out.getvalue()).found == "packing of kind 14"


def test_a_name_twice_is_refused():
    assert refusal(zipped([("a/B", "1"), ("a/b", "2")])).found == "the name twice"


def test_too_many_members_and_too_large_a_directory_are_refused():
    assert refusal(zipped([(str(number), "") for number in range(10_001)])).found == "10001 members"
    data = bytearray(zipped([("a", "x")]))
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<L", 5 * 1024 * 1024)
    assert refusal(bytes(data)).found == "a directory of 5242880 bytes"


WHOLE = zipped([("a/b.txt", "one" * 50), ("c", "two")])


def test_an_archive_broken_off_anywhere_is_refused():
    for length in range(len(WHOLE)):
        refusal(WHOLE[:length])


def test_a_directory_that_holds_fewer_members_than_are_stated_is_refused():
    """A byte of its size: the library reads no member of it then, and says nothing."""
    data = bytearray(WHOLE)
    at = data.rindex(b"PK\x05\x06")
    data[at + 12 : at + 16] = struct.pack("<L", 0)
    assert refusal(bytes(data)).found == "0 members in its directory"


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
@example(193, 0)
def test_a_changed_byte_gives_the_same_content_or_a_refusal(place, byte):
    data = bytearray(WHOLE)
    data[place] = byte
    try:
        folder = opened(bytes(data))
        contents = sorted(folder.read(name) for name in folder.members)
    except AdapterError:
        return
    assert contents in ([b"one" * 50, b"two"], [b"two"], [b"one" * 50])
