"""Feeds a reader with damaged files, led by what code they reach, until it fails or its time is up.

    python -m tests.adapters.coverage_fuzzing READER [SECONDS]

Needs requirements-fuzzing.txt, in an environment of its own with requirements.txt and requirements-dev.txt. What comes
of a file is tests or an AdapterError; a test has an id and moments with an offset in their order; and whoever has read
other files before reads of it what one reads who has not. Of a zip, what is damaged is a member of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["inspections.adapters"]):
    from inspections.adapters import atml_steps, registry, wats_steps
    from inspections.adapters.canonical import Adapter, CanonicalInspection, ParseContext
    from tests.adapters.fuzzing import outcome
    from tests.adapters.isomme_zips import fixture_members, make_zip

FIXTURES = Path(__file__).parents[1] / "fixtures"
SEEDS = {
    "wats_json": "wats/*.json",
    "wats_xml": "wats/*.xml",
    "atml": "atml/*.xml",
    "teststand_xml": "teststand_xml/*.xml",
    "openhtf": "openhtf/*.json",
    "tofupilot": "tofupilot/*.json",
    "qdas": "qdas/*.df[qdx]",
    "table": "table/wide.csv",
    "json_lines": "json_lines/list.jsonl",
}
PROFILES = {"table": "table/wide.json", "json_lines": "json_lines/list.json"}
FEATURES = [
    {"name": kind, "kind": kind, "channel": "11HEAD0000H3ACRA"} for kind in ("hic15", "maximum", "clip_3ms_cumulative")
]


def context_of(name: str) -> ParseContext:
    options: dict[str, object] = {}
    if name == "iso_mme":
        options = {"features": FEATURES}
    elif name in PROFILES:
        options = json.loads((FIXTURES / PROFILES[name]).read_text())
    return ParseContext(name="report", time_zone="Asia/Shanghai", options=options, max_bytes=1024 * 1024)


def check(tests: list[CanonicalInspection] | None) -> None:
    for test in tests or []:
        assert test.external_id
        assert test.started_at.tzinfo is not None is not test.finished_at.tzinfo
        assert test.finished_at >= test.started_at
        for item in test.items:
            assert item.item
            assert item.occurrence >= 1
            assert not isinstance(item.value, str) or "\0" not in item.value
        repr(test).encode()


def forgetful(adapter: Adapter, data: bytes, context: ParseContext) -> list[CanonicalInspection] | None:
    """What is read where nothing is kept in mind."""
    kept = [(module, module._remember) for module in (wats_steps, atml_steps)]
    familiar = [dict(module._familiar) for module, _ in kept]
    for module, _ in kept:
        module._familiar.clear()
        module._remember = lambda *step: None
    try:
        return outcome(adapter, data, context)
    finally:
        for (module, remember), known in zip(kept, familiar, strict=True):
            module._familiar.update(known)
            module._remember = remember


def main() -> None:
    name, seconds = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "60"
    adapter, context = registry.get(name), context_of(name)
    members = fixture_members() if name == "iso_mme" else {}
    is_remembering = name in ("wats_json", "atml")

    def once(data: bytes) -> None:
        if members:
            member = sorted(members)[data[0] % len(members)] if data else next(iter(members))
            data = make_zip(members | {member: data[1:]})
        found = outcome(adapter, data, context)
        check(found)
        if is_remembering:
            assert repr(forgetful(adapter, data, context)) == repr(found)

    with tempfile.TemporaryDirectory() as corpus:
        seeds = [path.read_bytes() for path in sorted(FIXTURES.glob(SEEDS[name]))] if name in SEEDS else []
        seeds += [bytes([place]) + members[member] for place, member in enumerate(sorted(members))]
        for number, seed in enumerate(seeds):
            (Path(corpus) / f"{number}").write_bytes(seed)
        longest = 2 * max(map(len, seeds), default=4096)
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={seconds}", f"-max_len={longest}", "-timeout=20"], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
