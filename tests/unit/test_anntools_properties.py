"""Whatever the bytes, the engine gives a result or a sentence; and what it gives, others read."""

import gzip
import io
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from pysam import bcftools

from ann.anntools import streams
from ann.anntools.errors import AnnToolsError
from tests.unit.anntools_samples import APOE, HEADER, MCM6, ROOT, annotated, info, records
from tests.unit.mutations import SEEDS, mutated

# Bytes near what a VCF is made of find more than bytes from anywhere.
FIELD = st.text("ACGTN<>[]*.,;:=|%&-0123456789chrXMENDGSVL \r\x00é", max_size=12)
SANE = st.builds(
    "{}\t{}\t.\t{}\t{}\t.\tPASS\t{}".format,
    st.sampled_from(["1", "chr1", "MT", "chrM", "GL1", "X", "19"]),
    st.one_of(st.integers(0, 250_000_000), st.integers(1, 16_600), st.integers(45_400_000, 45_420_000)),
    st.text("ACGTN", min_size=1, max_size=9),
    st.one_of(
        st.just("."),
        st.lists(
            st.sampled_from(["A", "GT", "*", "<DEL>", "<INS>", "<*>", "<DUP:TANDEM>", "A[1:5[", "]1:9]C", "acgtn"]),
            min_size=1,
        ).map(",".join),
    ),
    st.lists(
        st.sampled_from(["DP=1", "END=99", "SVLEN=-70", "GENE=x", "REGION", "ANN=y"]), max_size=4, unique=True
    ).map(lambda pairs: ";".join(pairs) or "."),
)
LINE = st.one_of(st.lists(FIELD, max_size=10).map("\t".join), SANE, SANE, SANE)
DECLARED = HEADER.replace(
    b"#CHROM",
    b"".join(b"##contig=<ID=%s>\n" % name for name in (b"1", b"chr1", b"MT", b"chrM", b"GL1", b"X", b"19"))
    + b'##FILTER=<ID=PASS,Description="passed">\n'
    + b'##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">\n'
    + b'##INFO=<ID=END,Number=1,Type=Integer,Description="End">\n'
    + b'##INFO=<ID=SVLEN,Number=.,Type=Integer,Description="Length">\n'
    + b"#CHROM",
)


def outcome(text: bytes, table: Path | None = None) -> str:
    try:
        output, findings = annotated(text, parquet=table)
    except AnnToolsError as error:
        sentence = str(error)
    else:
        sentence = ""
    if sentence:
        assert "\n" not in sentence
        assert sentence.endswith(".")
        line = re.match(r"Line (\d+): ", sentence)
        assert line is None or 1 <= int(line[1]) <= text.count(b"\n") + 1 or text.startswith(b"\x1f\x8b")
        return "refused"
    assert len(records(output)) == findings.tally.records
    alleles = sum(line.split(b"\t")[4].count(b",") + 1 for line in records(output))
    assert table is None or parquet.read_metadata(table).num_rows == alleles
    regions = sum(findings.summary()["regions"].values())
    assert findings.tally.records == regions + findings.tally.unaltered + findings.tally.unplaced_by.total()
    return "annotated"


@settings(deadline=None, max_examples=100)
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


@settings(deadline=None, max_examples=150)
@given(st.lists(LINE, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_anything_like_a_vcf_gives_a_result_or_a_sentence(lines: list[str], end: str) -> None:
    outcome(HEADER + end.join(lines).encode())


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 1 << 62), name=st.sampled_from(sorted(SEEDS)), damages=st.integers(1, 3))
def test_a_vcf_damaged_anywhere_gives_a_result_or_a_sentence(
    seed: int, name: str, damages: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = tmp_path_factory.getbasetemp() / "damaged.parquet"
    outcome(mutated(SEEDS[name], random.Random(seed), damages), table)


def test_damaged_files_take_a_bounded_amount_of_memory() -> None:
    # getrusage would tell of the process that this one was forked from, which may be larger.
    script = (
        "import random, re; from tests.unit.mutations import *; from tests.unit.anntools_samples import *\n"
        "from ann.anntools.errors import AnnToolsError\n"
        "source = random.Random(11)\n"
        "for number in range(150):\n"
        "    try: annotated(mutated(SEEDS[sorted(SEEDS)[number % len(SEEDS)]], source, 4))\n"
        "    except AnnToolsError: pass\n"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT, env=os.environ)
    assert int(done.stdout) < 400 * 1024


@settings(deadline=None, max_examples=50)
@given(st.lists(SANE, min_size=1, max_size=8))
def test_sane_records_come_out_in_order_with_nothing_lost(lines: list[str]) -> None:
    text = HEADER + "".join(f"{line}\n" for line in lines).encode()
    assert outcome(text) == "annotated"
    for line, original in zip(records(annotated(text)[0]), lines, strict=True):
        assert line.split(b"\t")[:7] == original.encode().split(b"\t")[:7]


@settings(deadline=None, max_examples=100)
@given(lines=st.lists(SANE, min_size=1, max_size=8))
def test_bcftools_reads_every_record_and_every_value_of_ours(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("read") / "x.vcf"
    output = annotated(DECLARED + "".join(f"{line}\n" for line in lines).encode())[0]
    path.write_bytes(output)
    keys = [
        name
        for name in ("ANN", "GENE", "REGION", "GAS_ANN", "GAS_GENE", "GAS_REGION")
        if f"ID={name}," in output.decode()
    ]
    wanted = "%CHROM\\t%POS\\t" + "\\t".join(f"%INFO/{key}" for key in keys) + "\\n"
    read = bcftools.query("-f", wanted, str(path))
    assert isinstance(read, str)
    expected = [
        [*line.decode().split("\t")[:2], *(info(line).get(key) or "." for key in keys)] for line in records(output)
    ]
    assert [row.split("\t") for row in read.splitlines()] == expected


@given(st.lists(st.binary(max_size=200_000), max_size=4), st.booleans())
@settings(deadline=None, max_examples=30)
def test_what_is_packed_as_bgzf_unpacks_to_the_same(parts: list[bytes], whole: bool) -> None:  # noqa: FBT001  drawn
    raw = io.BytesIO()
    writer = streams.BgzfWriter(raw)
    for part in [b"".join(parts)] if whole else parts:
        writer.write(part)
    writer.close()
    assert gzip.decompress(raw.getvalue()) == b"".join(parts)


def test_the_undamaged_files_are_annotated() -> None:
    assert {outcome(text) for text in SEEDS.values()} == {"annotated"}
    assert outcome(DECLARED + APOE + MCM6) == "annotated"
