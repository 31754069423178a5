"""Damage to files for the readers: whatever comes of it, it is inspections or an AdapterError, and nothing else."""

import io
from collections.abc import Iterator

from hypothesis import strategies as st

from inspections.adapters.canonical import Adapter, AdapterError, CanonicalInspection, ParseContext, ReportClaim


def outcome(adapter: Adapter, data: bytes, context: ParseContext) -> list[CanonicalInspection] | None:
    """What a reader makes of bytes: inspections, or None for an AdapterError that says place, found and expected."""
    try:
        adapter.sniff(data[:4096], context.name)
        return list(adapter.parse(io.BytesIO(data), context))
    except AdapterError as error:
        refusal = error
    assert all((refusal.place, refusal.found, refusal.expected))
    assert len(str(refusal)) < 1000
    return None


def passes(reports: list[CanonicalInspection] | None) -> int:
    """How many of the reports claim a pass."""
    return sum(report.claimed is ReportClaim.PASS and report.not_a_test is None for report in reports or [])


def truncations(data: bytes, step: int = 1) -> Iterator[bytes]:
    """The file broken off before each of its bytes."""
    return (data[:length] for length in range(0, len(data), step))


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The file with bytes changed, taken out, doubled or put in."""
    found = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        length = draw(st.integers(0, 20))
        new = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b"\0", b"9" * 400, b"1E+999999999", b"NaN", b"../../x", b"\xff\xfe", b"[" * 300, b"<!"]
                ),
                st.just(bytes(found[at : at + length]) * 2),
            )
        )
        found[at : at + length] = new
    return bytes(found)
