"""Whatever the bytes, the engine gives a result or a sentence."""

import gzip
import io
from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ann.anntools import streams, texts
from ann.anntools.errors import AnnToolsError
from tests.unit.anntools_samples import HEADER, annotated, records

# Bytes near what a VCF is made of find more than bytes from anywhere.
FIELD = st.text("ACGTN<>[]*.,;:=|%&-0123456789chrXMENDGSVL \r\x00é", max_size=12)
SANE = st.builds(
    "{}\t{}\t.\t{}\t{}\t.\tPASS\t{}".format,
    st.sampled_from(["1", "chr1", "MT", "chrM", "GL1", "X"]),
    st.integers(0, 250_000_000),
    st.text("ACGTN", min_size=1, max_size=9),
    st.lists(st.sampled_from(["A", "GT", "*", ".", "<DEL>", "<INS>", "<*>", "A[1:5["]), min_size=1).map(",".join),
    st.lists(st.sampled_from([".", "DP=1", "END=99", "SVLEN=-70", "GENE=x", "REGION", ""]), min_size=1).map(";".join),
)
LINE = st.one_of(st.lists(FIELD, max_size=10).map("\t".join), SANE, SANE, SANE)


def outcome(text: bytes) -> str:
    try:
        output, findings = annotated(text)
    except AnnToolsError as error:
        sentence = str(error)
    else:
        sentence = ""
    if sentence:
        assert "\n" not in sentence
        assert sentence.endswith(".")
        return "refused"
    assert len(records(output)) == findings.tally.records
    placed = findings.tally.most_severe.total()
    assert findings.tally.records == placed + findings.tally.unplaced.total()
    return "annotated"


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
@example(b"#CHROM")
@example(b"##")
@example(b"\x1f\x8b")
@example(b"\xef\xbb\xbf")
@example(b"\n")
def test_any_bytes_give_a_result_or_a_sentence(text: bytes) -> None:
    outcome(text)
    outcome(HEADER + text)
    outcome(gzip.compress(text))
    outcome(gzip.compress(text)[: len(text)])


@settings(deadline=None, max_examples=300)
@given(st.lists(LINE, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_anything_like_a_vcf_gives_a_result_or_a_sentence(lines: list[str], end: str) -> None:
    outcome(HEADER + end.join(lines).encode())


@settings(deadline=None, max_examples=100)
@given(st.lists(SANE, min_size=1, max_size=8))
def test_sane_records_come_out_in_order_with_nothing_lost(lines: list[str]) -> None:
    text = HEADER + "".join(f"{line}\n" for line in lines).encode()
    assert outcome(text) == "annotated"
    for line, original in zip(records(annotated(text)[0]), lines, strict=True):
        assert line.split(b"\t")[:7] == original.encode().split(b"\t")[:7]


@given(st.lists(st.binary(max_size=200_000), max_size=4), st.booleans())
@settings(deadline=None, max_examples=30)
def test_what_is_packed_as_bgzf_unpacks_to_the_same(parts: list[bytes], whole: bool) -> None:  # noqa: FBT001  drawn
    raw = io.BytesIO()
    writer = streams.BgzfWriter(raw)
    for part in [b"".join(parts)] if whole else parts:
        writer.write(part)
    writer.close()
    assert gzip.decompress(raw.getvalue()) == b"".join(parts)


@given(st.lists(st.tuples(st.binary(max_size=5), st.integers(0, 3)), min_size=1))
def test_texts_join_and_concatenate_like_bytes(rows: list[tuple[bytes, int]]) -> None:
    values = [value for value, _ in rows]
    made = texts.from_list(values)
    both = texts.concatenate(b"<", made, made, b">")
    assert [both[row] for row in range(len(both))] == [b"<" + value + value + b">" for value in values]
    counts = [count for _, count in rows]
    members = [value for value, count in rows for _ in range(count)]
    joined = texts.join(texts.from_list(members), np.array(counts), b",")
    edges = [sum(counts[:row]) for row in range(len(counts) + 1)]
    groups = pairwise(edges)
    assert [joined[row] for row in range(len(joined))] == [b",".join(members[a:b]) for a, b in groups]
