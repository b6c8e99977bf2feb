"""FASTA files of all kinds, and files that are none."""

import gzip
import io
from pathlib import Path

import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ann.anntools import fasta
from ann.anntools.errors import ReferenceDataError


def bases(path: Path) -> tuple[dict[str, int], bytes]:
    out = io.BytesIO()
    return fasta.write_bases(path, out), out.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    contigs=st.lists(st.text("ACGTacgtNnRYryKMSWBDHVu", min_size=1, max_size=90), min_size=1, max_size=4),
    width=st.integers(1, 40),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
    packed=st.booleans(),
    block=st.integers(8, 70),
)
def test_bases_are_those_that_pysam_reads_in_capitals(
    tmp_path: Path, *, contigs: list[str], width: int, end: str, last: bool, packed: bool, block: int
) -> None:
    lines = []
    for number, contig in enumerate(contigs):
        lines.append(f">c{number} of {len(contig)} bases > all")
        lines += [contig[start : start + width] for start in range(0, len(contig), width)]
    text = (end.join(lines) + (end if last else "")).encode()
    path = tmp_path / "genome.fa"
    path.write_bytes(gzip.compress(text) if packed else text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fasta, "BLOCK", block)
        lengths, found = bases(path)
    with pysam.FastxFile(str(path)) as records:
        expected = {record.name: record.sequence.upper() for record in records}
    assert lengths == {name: len(sequence) for name, sequence in expected.items()}
    pure = "".join(expected.values())
    assert found.decode() == "".join(letter if letter in "ACGT" else "N" for letter in pure)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"ACGT\n", r"line 1: A FASTA begins with a line that starts with >\."),
        (b"@read\nACGT\n+\n!!!!\n", r"line 1: A FASTA begins with a line that starts with >\."),
        (b"", r"line 1: The FASTA holds no contig\."),
        (b">1\nACGT\n>2\nAC\n\n>1\nA\n", r"line 6: The contig '1' is there twice\."),
        (b">1\nACGT\nACXT\n", r"line 3: 'X' is no base; IUPAC's letters are allowed\."),
        (b">1\nAC\xffT\n", r"line 2: binary data is no base; IUPAC's letters are allowed\."),
        (b">1\nACGT\n> \nAC\n", r"line 3: The contig has no name\."),
        (b">1\n>2\nAC\n", r"line 1: The contig '1' has no bases\."),
        (b">1\nAC\n>2", r"line 3: The contig '2' has no bases\."),
    ],
)
def test_what_is_no_fasta_is_refused_with_its_line(tmp_path: Path, text: bytes, sentence: str) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(text)
    with pytest.raises(ReferenceDataError, match=r"genome\.fa, " + sentence):
        bases(path)


def test_a_gzip_that_is_cut_off_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa.gz"
    whole = gzip.compress(b">1\n" + bytes(b"ACGT"[(i * i) % 7 % 4] for i in range(5000)) + b"\n")
    path.write_bytes(whole[:-9])
    with pytest.raises(ReferenceDataError, match=r"is cut off before its end\."):
        bases(path)
    path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:])
    with pytest.raises(ReferenceDataError, match="is damaged: "):
        bases(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"nowhere\.fa cannot be read: No such file or directory\."):
        bases(tmp_path / "nowhere.fa")
