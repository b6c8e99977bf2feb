"""Gene files and FASTA with any damage: they are read or refused with a sentence, never a traceback."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ann.anntools import fasta, genepred, gff3, gtf
from ann.anntools.errors import ReferenceDataError
from ann.anntools.gene_files import GeneModels

T = TypeVar("T")
GTF = '1\tx\t{kind}\t{place}\t.\t-\t0\tgene_id "G"; transcript_id "T"; gene_name "N";\n'
SAMPLES = {
    gff3.read: "##gff-version 3\n1\tx\tgene\t1\t40\t.\t-\t.\tID=gene:G;Name=N\n"
    "1\tx\tmRNA\t1\t40\t.\t-\t.\tID=transcript:T;Parent=gene:G;version=3\n"
    "1\tx\texon\t1\t9\t.\t-\t.\tParent=transcript:T\n1\tx\texon\t20\t40\t.\t-\t.\tParent=transcript:T\n"
    "1\tx\tCDS\t4\t9\t.\t-\t0\tParent=transcript:T\n1\tx\tCDS\t20\t25\t.\t-\t0\tParent=transcript:T\n",
    gtf.read: "".join(GTF.format(kind=k, place=p) for k in ("exon", "CDS") for p in ("1\t9", "20\t40")),
    genepred.read: "#bin\n585\tT\tchr1\t-\t0\t20\t3\t20\t2\t0,10,\t6,20,\t0\tN\tcmpl\tcmpl\t1,0,\n",
}
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"\t", b"\n", b"\r", b"\0", b"-", b",", b";", b"=", b"%", b"#", b"##FASTA\n", b"99999999999"]),
)
EDITS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30), PIECES), min_size=1, max_size=5)


def damaged(text: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    for place, removed, added in edits:
        text = text[:place] + added + text[place + removed :]
    return text


def attempted(read: Callable[[], T]) -> tuple[T | None, str]:
    """Return what ``read`` returns, or the sentence with which it refuses."""
    try:
        return read(), ""
    except ReferenceDataError as error:
        return None, str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(edits=EDITS)
@pytest.mark.parametrize("read", list(SAMPLES))
def test_a_damaged_gene_file_gives_models_that_hold_together_or_a_sentence(
    tmp_path: Path, edits: list[tuple[int, int, bytes]], read: Callable[[Path], GeneModels]
) -> None:
    path = tmp_path / "genes"
    path.write_bytes(damaged(SAMPLES[read].encode(), edits))
    found, refusal = attempted(lambda: read(path))
    if found is None:
        assert refusal.startswith("genes")
        assert "\n" not in refusal
        return
    for contig in np.unique(found.contig):
        models = found.of(np.flatnonzero(found.contig == contig), 1)
        assert (models.starts <= models.ends).all()
        assert (models.exon_starts <= models.exon_ends).all()
        inside = (models.cds_start >= models.starts) & (models.cds_end <= models.ends)
        assert (inside | ~models.coding).all()
        assert b"\t" not in b"".join(models.names.to_pylist())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(edits=EDITS)
def test_a_damaged_fasta_gives_bases_or_a_sentence(tmp_path: Path, edits: list[tuple[int, int, bytes]]) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(damaged(b">1 one\nACGTNNNN\nACGT\n>2\nAC\n", [(p % 30, r, a) for p, r, a in edits]))
    out = io.BytesIO()
    lengths, refusal = attempted(lambda: fasta.write_bases(path, out))
    if lengths is None:
        assert "\n" not in refusal
        return
    assert sum(lengths.values()) == len(out.getvalue())
    assert set(out.getvalue()) <= set(b"ACGTN")
