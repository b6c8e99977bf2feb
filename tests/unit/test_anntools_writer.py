"""Text goes where it should, and every other byte stays."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools.blocks import block_of
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.writer import id_edit, info_edit, render

HEADER = Header([b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"])
VALUES = st.sampled_from([".", "", "X", "DP=3;Q", "rs1"])
TEXTS = st.sampled_from(["", ";K=1", ";A;B=2,3"])


def added(value: str, text: str) -> str:
    """Return a column's value with a text."""
    if not text:
        return value
    return text[1:] if value in {"", "."} else value + text


@settings(deadline=None)
@given(
    st.lists(st.tuples(VALUES, VALUES, TEXTS, TEXTS), min_size=1),
    st.sampled_from([0, 1]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_ids_and_info_are_added_and_no_other_byte_changes(
    rows: list[tuple[str, str, str, str]], last_ends: int, end: str
) -> None:
    def lines(columns: list[tuple[str, str]]) -> bytes:
        text = end.join(f"1\t5\t{name}\tA\tC\t.\tPASS\t{info}\tGT\t0/1" for name, info in columns)
        return (text + end * last_ends).encode()

    block = block_of(lines([(name, info) for name, info, _, _ in rows]), 1, HEADER, LIMITS)
    ids = pa.array([text.encode() for _, _, text, _ in rows], pa.binary())
    infos = pa.array([text.encode() for _, _, _, text in rows], pa.binary())
    both = render(block, [id_edit(block, ids), info_edit(block, infos)])
    assert both.to_pybytes() == lines([(added(n, i), added(v, t)) for n, v, i, t in rows])
    info_only = render(block, [info_edit(block, infos)])
    assert info_only.to_pybytes() == lines([(n, added(v, t)) for n, v, _, t in rows])
