"""Annotated records made of lines and a few transcripts, with effects drawn at random, for the tests of the reports."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ann.anntools import variants
from ann.anntools.annotated import Annotated
from ann.anntools.blocks import Block, block_of
from ann.anntools.effects import TERMS, Effects, severity
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.transcripts import Transcripts

CONTIGS = ("1", "2", "10", "X")
COUNT = 40  # transcripts of each contig
BASES = b"ACGT"


def block(lines: Sequence[bytes], samples: int = 0) -> Block:
    """Return lines without ends as a block."""
    names = b"".join(b"\ts%d" % number for number in range(samples))
    columns = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO" + (b"\tFORMAT" + names if samples else b"")
    header = Header([b"##fileformat=VCFv4.3\n", columns + b"\n"])
    return block_of(b"".join(line + b"\n" for line in lines), 3, header, LIMITS)


def transcripts(contig: str) -> Transcripts:
    """Return COUNT transcripts of one exon; every other one is translated, every third gene has no symbol."""
    rows = np.arange(COUNT)
    coding = rows % 2 == 0
    genes = [b"" if gene % 3 == 2 else f"G{contig}_{gene}".encode() for gene in range(COUNT // 2)]
    return Transcripts(
        starts=rows * 1000 + 1,
        ends=rows * 1000 + 900,
        strand=np.ones(COUNT, np.int8),
        gene=rows // 2,
        genes=pa.array(genes, pa.binary()),
        gene_ids=pa.array([b"ENSG" + gene for gene in genes], pa.binary()),
        names=pa.array([f"T{contig}_{row}".encode() for row in rows], pa.binary()),
        biotypes=pa.array([b"protein_coding" if one else b"lncRNA" for one in coding], pa.binary()),
        cds_start=np.where(coding, rows * 1000 + 10, 1),
        cds_end=np.where(coding, rows * 1000 + 600, 0),
        phase=np.zeros(COUNT, np.int8),
        start_known=np.ones(COUNT, np.bool_),
        stop_known=np.ones(COUNT, np.bool_),
        exon_offsets=np.arange(COUNT + 1),
        exon_starts=rows * 1000 + 1,
        exon_ends=rows * 1000 + 900,
    )


MODELS = {contig: transcripts(contig) for contig in CONTIGS}


@dataclass(frozen=True)
class Pair:
    """One pair of allele and transcript as a slow oracle wants it."""

    allele: int
    transcript: int
    terms: int


def effects(pairs: Sequence[Pair], rng: np.random.Generator) -> Effects:
    """Return pairs as effects, ascending by allele, then by severity."""
    ranked = sorted(pairs, key=lambda pair: (pair.allele, pair.terms & -pair.terms, pair.transcript))
    count = len(ranked)

    def numbers(most: int) -> np.ndarray:
        return rng.integers(0, most, count).astype(np.int32)

    return Effects(
        allele=np.array([pair.allele for pair in ranked], np.int64),
        transcript=np.array([pair.transcript for pair in ranked], np.int64),
        terms=np.array([pair.terms for pair in ranked], np.int64),
        exon=numbers(5),
        intron=numbers(5),
        cdna=numbers(900),
        cds=numbers(600),
        protein=numbers(200),
        distance=numbers(2) * numbers(5000),
        notes=np.zeros(count, np.uint8),
        peptides=None,
    )


def annotated(lines: Sequence[bytes], seed: int = 0, *, known: bool = True) -> list[Annotated]:
    """Return the records on CONTIGS with random effects and names, contig by contig."""
    rng = np.random.default_rng(seed)
    whole = block(lines)
    names, codes = whole.contigs()
    return [
        _of_contig(whole, np.flatnonzero(codes == code), name.decode(), rng, known=known)
        for code, name in enumerate(names)
        if name.decode("utf-8", "replace") in CONTIGS
    ]


def _of_contig(whole: Block, rows: np.ndarray, contig: str, rng: np.random.Generator, *, known: bool) -> Annotated:
    last = whole.pos[rows] + whole.column(3).sizes[rows] - 1
    alleles = variants.of(whole, rows, last)
    pairs = [
        Pair(allele, int(transcript), int(1 << rng.integers(len(TERMS) - 1) | 1 << rng.integers(len(TERMS) - 1)))
        for allele in range(len(alleles))
        if alleles.kind[allele] not in (variants.Kind.NONE, variants.Kind.SPANNING)
        for transcript in rng.choice(COUNT, rng.integers(0, 4), replace=False)
    ]
    found = effects(pairs, rng)
    return Annotated(
        block=whole,
        rows=rows,
        contig=contig,
        last=last,
        alleles=alleles,
        effects=found,
        transcripts=MODELS[contig],
        coding_names=pa.array([b"c.%d" % number for number in range(len(found))], pa.binary()),
        protein_names=pa.array([b"p.%d" % number if number % 3 else b"" for number in range(len(found))], pa.binary()),
        known=rng.random(rows.size) < 0.5 if known else None,
    )


def term_names(terms: int) -> list[str]:
    """Return the terms of a set, most severe first."""
    return [term.name for place, term in enumerate(TERMS) if terms >> place & 1]


def most_severe(terms: int) -> int:
    """Return the place of the most severe term."""
    return int(severity(np.array([terms]))[0])


def random_lines(count: int, seed: int, contigs: Sequence[str] = CONTIGS) -> list[bytes]:
    """Return records of every kind in no order; some have places and alleles in common."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(count):
        ref = bytes(rng.choice(list(BASES), rng.choice([1, 1, 1, 2, 5])).tolist())
        alts = [
            rng.choice([b"A", b"C", b"G", b"T", b"ACG", b"<DEL>", b"*", b".", b"N[1:5[", ref + b"TT", ref[:1], b"acgt"])
            for _ in range(rng.choice([1, 1, 1, 3]))
        ]
        contig = rng.choice(list(contigs))
        qual = rng.choice([b".", b"30", b"7.25", b"1e3"])
        name = b"rs%d" % number if number % 2 else b"."
        filters = rng.choice([b"PASS", b".", b"q10;s50"])
        place = rng.integers(1, 45_000)
        lines.append(
            b"\t".join(
                [contig.encode(), b"%d" % place, name, ref, b",".join(alts), qual, filters, b"END=%d" % (place + 9)]
            )
        )
    return lines
