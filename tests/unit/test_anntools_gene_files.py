"""Gene models in GFF3, GTF and genePred: all three tell the same, and the same as slow straightforward readers."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ann.anntools import genepred, gff3, gtf
from ann.anntools.gene_files import GeneModels


@dataclass(frozen=True)
class Model:
    """A transcript as the tests write it; positions are 1-based inclusive, ``phase`` of the CDS's beginning."""

    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int] | None
    phase: int
    number: int = field(default=0)

    @property
    def parts(self) -> list[tuple[int, int]]:
        """The parts of the CDS, in the direction of the transcript."""
        if self.cds is None:
            return []
        first, last = self.cds
        found = [(max(s, first), min(e, last)) for s, e in self.exons if s <= last and e >= first]
        return found if self.strand == "+" else found[::-1]

    @property
    def phases(self) -> list[int]:
        """The phase of each of ``parts``."""
        found, phase = [], self.phase
        for start, end in self.parts:
            found.append(phase)
            phase = (phase - (end - start + 1)) % 3
        return found


@st.composite
def models(draw: st.DrawFn) -> Model:
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    gaps = draw(st.lists(st.integers(2, 60), min_size=len(sizes), max_size=len(sizes)))
    exons, place = [], draw(st.integers(0, 500))
    for size, gap in zip(sizes, gaps, strict=True):
        exons.append((place + gap, place + gap + size - 1))
        place = exons[-1][1]
    bases = [base for start, end in exons for base in range(start, end + 1)]
    cds = None
    if draw(st.booleans()):
        ends = sorted(draw(st.tuples(st.sampled_from(bases), st.sampled_from(bases))))
        cds = (ends[0], ends[1])
    strand = draw(st.sampled_from("+-"))
    return Model(draw(st.sampled_from(["1", "chr2"])), strand, tuple(exons), cds, draw(st.integers(0, 2)) if cds else 0)


def as_gff3(found: list[Model]) -> str:
    lines = ["##gff-version 3"]
    for n, m in enumerate(found):
        place = f"{m.exons[0][0]}\t{m.exons[-1][1]}\t.\t{m.strand}\t."
        lines.append(f"{m.contig}\tx\tgene\t{place}\tID=gene:G{n};Name=S%3B{n};gene_id=G{n};biotype=lncRNA")
        lines.append(f"{m.contig}\tx\tmRNA\t{place}\tID=transcript:T{n};Parent=gene:G{n};biotype=b{n % 2};version=3")
        lines += [f"{m.contig}\tx\texon\t{s}\t{e}\t.\t{m.strand}\t.\tParent=transcript:T{n}" for s, e in m.exons]
        for (s, e), phase in zip(m.parts, m.phases, strict=True):
            lines.append(f"{m.contig}\tx\tCDS\t{s}\t{e}\t.\t{m.strand}\t{phase}\tID=P{n};Parent=transcript:T{n}")
        lines.append("###")
    return "\n".join(lines) + "\n"


def as_gtf(found: list[Model]) -> str:
    lines = ["#!genome-build x"]
    for n, m in enumerate(found):
        said = f'gene_id "G{n}"; transcript_id "T{n}"; transcript_version "3"; gene_name "S;{n}"; '
        said = said.replace("S;", "S") + f'transcript_biotype "b{n % 2}";'
        lines += [f"{m.contig}\tx\texon\t{s}\t{e}\t.\t{m.strand}\t.\t{said}" for s, e in m.exons]
        left = 3  # bases of the stop codon, which may lie in several exons
        stops, coding = [], []
        for s, e in reversed(m.parts):
            taken = min(left, e - s + 1)
            cut = e - taken if m.strand == "+" else s + taken
            if taken:
                stops.append((cut + 1, e) if m.strand == "+" else (s, cut - 1))
            if taken < e - s + 1:
                coding.append((s, cut) if m.strand == "+" else (cut, e))
            left -= taken
        phases = m.phases[: len(coding)]
        for (s, e), phase in zip(coding[::-1], phases, strict=True):
            lines.append(f"{m.contig}\tx\tCDS\t{s}\t{e}\t.\t{m.strand}\t{phase}\t{said}")
        # A stop codon alone has no other phase to tell.
        alone = m.phase if not coding else 0
        lines += [f"{m.contig}\tx\tstop_codon\t{s}\t{e}\t.\t{m.strand}\t{alone}\t{said}" for s, e in stops]
    return "\n".join(lines) + "\n"


def as_genepred(found: list[Model]) -> str:
    lines = ["#bin\tname\tchrom"]
    for n, m in enumerate(found):
        frames = {part: (3 - phase) % 3 for part, phase in zip(m.parts, m.phases, strict=True)}
        of_exon = [next((f for (s, e), f in frames.items() if s >= a and e <= b), -1) for a, b in m.exons]
        cds = (m.cds[0] - 1, m.cds[1]) if m.cds else (m.exons[-1][1], m.exons[-1][1])
        row: list[Any] = [585, f"T{n}", m.contig, m.strand, m.exons[0][0] - 1, m.exons[-1][1], *cds, len(m.exons)]
        row += ["".join(f"{s - 1}," for s, _ in m.exons), "".join(f"{e}," for _, e in m.exons)]
        row += [0, f"S{n}", "cmpl", "cmpl", "".join(f"{frame}," for frame in of_exon)]
        lines.append("\t".join(map(str, row)))
    return "\n".join(lines) + "\n"


def told(found: GeneModels) -> list[tuple[Any, ...]]:
    """Return what was read, a row per transcript, by name."""
    rows = []
    for t, name in enumerate(found.names.to_pylist()):
        exons = slice(found.exon_offsets[t], found.exon_offsets[t + 1])
        places = tuple(zip(found.exon_starts[exons].tolist(), found.exon_ends[exons].tolist(), strict=True))
        cds = (int(found.cds_start[t]), int(found.cds_end[t]))
        strand = "+" if found.strand[t] > 0 else "-"
        rows.append((name, found.contigs[found.contig[t]], strand, places, cds, int(found.phase[t])))
    return sorted(rows)


def expected(found: list[Model], version: bytes = b"") -> list[tuple[Any, ...]]:
    return sorted(
        (b"T%d" % n + version, m.contig, m.strand, m.exons, m.cds or (1, 0), m.phase) for n, m in enumerate(found)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(found=st.lists(models(), min_size=1, max_size=6), packed=st.booleans())
@pytest.mark.parametrize(
    ("write", "read", "version"),
    [(as_gff3, gff3.read, b".3"), (as_gtf, gtf.read, b".3"), (as_genepred, genepred.read, b"")],
)
def test_what_was_written_is_read(
    tmp_path: Path,
    *,
    found: list[Model],
    packed: bool,
    write: Callable[[list[Model]], str],
    read: Callable[[Path], GeneModels],
    version: bytes,
) -> None:
    path = tmp_path / "genes"
    text = write(found).encode()
    path.write_bytes(gzip.compress(text) if packed else text)
    told_models = read(path)
    assert told(told_models) == expected(found, version)
    assert told_models.notes == ()


def test_genes_and_biotypes_are_those_of_the_file_and_safe_for_info(tmp_path: Path) -> None:
    some = [Model("1", "+", ((10, 20),), None, 0), Model("1", "-", ((5, 8), (30, 40)), (7, 31), 0)]
    for write, read in ((as_gff3, gff3.read), (as_gtf, gtf.read)):
        (tmp_path / "genes").write_text(write(some))
        found = read(tmp_path / "genes").of(np.arange(2), 1)
        assert found.names.to_pylist() == [b"T1.3", b"T0.3"]
        symbol = b"S%%3B%d" if read is gff3.read else b"S%d"
        assert found.genes.take(found.gene).to_pylist() == [symbol % 1, symbol % 0]
        assert found.gene_ids.take(found.gene).to_pylist() == [b"G1", b"G0"]
        assert found.biotypes.to_pylist() == [b"b1", b"b0"]
        assert found.starts.tolist() == [5, 10]
