"""ISO-MME tests to read: the fixture, changed where a test says so, and tests of a few channels made on the spot."""

import io
import pathlib
import zipfile

from inspections.adapters.canonical import ParseContext
from inspections.adapters.isomme import IsoMmeAdapter

FIXTURE = pathlib.Path(__file__).parents[1] / "fixtures" / "isomme" / "odb"


def fixture_members(wrapper="odb/"):
    files = sorted(path for path in FIXTURE.rglob("*") if path.is_file())
    return {wrapper + path.relative_to(FIXTURE).as_posix(): path.read_bytes() for path in files}


def make_zip(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def read(data, *features, **context):
    options = {"features": list(features), **context.pop("options", {})}
    context = {"time_zone": "Europe/Berlin", **context}
    return list(IsoMmeAdapter().parse(io.BytesIO(data), ParseContext(options=options, **context)))


def read_one(data, *features, **context):
    (report,) = read(data, *features, **context)
    return report


def lines(**pairs):
    return "".join(f"{key.replace('_', ' '):<28}:{value}\n" for key, value in pairs.items())


def channel(code, samples, unit="g", first="0", step="0.0001", **more):
    header = {
        "Channel_code": code, "Unit": unit, "Reference_channel": "implicit", "Time_of_first_sample": first,
        "Sampling_interval": step, "Number_of_samples": len(samples), "Data_source": "transducer", "Data_status": "ok",
        **more,
    }  # fmt: skip
    return (lines(**header) + "".join(f"{sample}\n" for sample in samples)).encode()


def make_test(*channels, **mme):
    """A zip of one test. Each channel is the bytes of its file."""
    codes = [next(line for line in each.decode().split("\n") if line.startswith("Channel code")) for each in channels]
    names = {f"Name_of_channel_{at:03}": code.split(":")[1] for at, code in enumerate(codes, 1)}
    header = {"Test_number": "T1", "Date_of_the_test": "2026-05-14", "Time_of_the_test": "10:00", **mme}
    members = {"t.mme": lines(**header), "Channel/t.chn": lines(Number_of_channels=len(codes), **names)}
    return make_zip(members | {f"Channel/t.{at:03}": each for at, each in enumerate(channels, 1)})
