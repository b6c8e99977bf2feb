"""A genome to measure with: real lengths and gene models, random bases whose coding sequences can be translated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pysam
from numpy.typing import NDArray

from ann.anntools.intervals import expand
from ann.anntools.transcripts import Transcripts

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

LINE = 60
LETTERS = np.frombuffer(b"ACGT", np.uint8)
COMPLEMENT = np.zeros(256, np.uint8)
COMPLEMENT[LETTERS] = LETTERS[::-1]
STOPS = (b"TAA", b"TAG", b"TGA")
ORIGIN = b"bench"


@dataclass(frozen=True, kw_only=True)
class Coding:
    """The translated parts of the exons of one contig, ordered by transcript and in the direction of it.

    ``owner``: row of the transcript; ``starts``, ``ends``: 1-based inclusive; ``strand``: 1 or -1; ``phase``: of GFF3;
    all int64 (S,).
    """

    owner: Ints
    starts: Ints
    ends: Ints
    strand: Ints
    phase: Ints


def coding(transcripts: Transcripts) -> Coding:
    """Return the translated parts of the exons."""
    owner = np.repeat(np.arange(len(transcripts)), transcripts.exon_counts)
    starts = np.maximum(transcripts.exon_starts, transcripts.cds_start[owner])
    ends = np.minimum(transcripts.exon_ends, transcripts.cds_end[owner])
    kept = np.flatnonzero(ends >= starts)
    strand = transcripts.strand.astype(np.int64)[owner]
    order = kept[np.lexsort((strand[kept] * starts[kept], owner[kept]))]
    owner, starts, ends, strand = owner[order], starts[order], ends[order], strand[order]
    sizes = ends - starts + 1
    through = np.cumsum(sizes)
    first = np.searchsorted(owner, owner)
    before = through - sizes - (through - sizes)[first]
    phase = (transcripts.phase.astype(np.int64)[owner] - before) % 3
    return Coding(owner=owner, starts=starts, ends=ends, strand=strand, phase=phase)


def random_bases(generator: np.random.Generator, length: int) -> Bytes:
    """Return ``length`` random capitals, each of the four as likely."""
    fours = LETTERS[np.indices((4, 4, 4, 4)).reshape(4, -1).T].copy().view(np.uint32).ravel()
    return fours[generator.integers(0, 256, -(-length // 4), np.uint8)].view(np.uint8)[:length]


def make_translatable(bases: Bytes, transcripts: Transcripts) -> None:
    """Write ATG at known starts, TAA at known stops, and take stops out of the rest of each CDS, in place.

    A T that becomes C makes no new stop, on either strand and in any frame, so one pass is enough; where two
    transcripts want different bases, the one that must read through wins.
    """
    parts = coding(transcripts)
    if parts.owner.size == 0:
        return
    # Descending positions of the reverse strand count upwards below zero.
    signed = expand(np.where(parts.strand > 0, parts.starts, -parts.ends), parts.ends - parts.starts + 1)
    rows, begins = np.unique(parts.owner, return_index=True)
    before = np.concatenate(([0], np.cumsum(parts.ends - parts.starts + 1)))
    offsets = np.append(before[begins], before[-1])
    phase = transcripts.phase.astype(np.int64)[rows]
    counts = np.maximum(np.diff(offsets) - phase, 0) // 3
    codons = np.abs(signed[expand(offsets[:-1] + phase, 3 * counts)].reshape(-1, 3)) - 1
    reverse = np.repeat(transcripts.strand[rows] < 0, counts)
    lasts = np.cumsum(counts) - 1
    firsts = lasts - counts + 1
    whole = counts > 1
    begun = firsts[whole & transcripts.start_known[rows] & (phase == 0)]
    ended = lasts[whole & transcripts.stop_known[rows]]
    for chosen, codon in ((begun, b"ATG"), (ended, b"TAA")):
        letters = np.broadcast_to(np.frombuffer(codon, np.uint8), (chosen.size, 3))
        bases[codons[chosen]] = np.where(reverse[chosen, None], COMPLEMENT[letters], letters)
    inner = np.ones(len(codons), np.bool_)
    inner[ended] = False
    found = bases[codons]
    found = np.where(reverse[:, None], COMPLEMENT[found], found)
    stop = np.zeros(len(codons), np.bool_)
    for codon in STOPS:
        stop |= (found == np.frombuffer(codon, np.uint8)).all(axis=1)
    stop &= inner
    bases[codons[stop, 0]] = np.where(reverse[stop], ord("G"), ord("C"))


def write_fasta(path: Path, lengths: Mapping[str, int], models: Mapping[str, Transcripts], seed: int) -> None:
    """Write the sequence of all contigs and, beside it, its index (``.fai``)."""
    with path.open("wb") as sink:
        for number, (contig, length) in enumerate(lengths.items()):
            bases = random_bases(np.random.default_rng([seed, number]), length)
            make_translatable(bases, models[contig])
            sink.write(f">{contig}\n".encode())
            whole = length // LINE * LINE
            lines = np.full((whole // LINE, LINE + 1), ord("\n"), np.uint8)
            lines[:, :LINE] = bases[:whole].reshape(-1, LINE)
            sink.write(lines.data)
            if whole < length:
                sink.write(bases[whole:].tobytes() + b"\n")
    pysam.faidx(str(path))


def write_gff3(path: Path, models: Mapping[str, Transcripts]) -> None:
    """Write genes, transcripts, exons and CDS as Ensembl does, which ``bcftools csq`` and SnpEff read."""
    with path.open("wb") as sink:
        sink.write(b"##gff-version 3\n")
        for contig, transcripts in models.items():
            if len(transcripts):
                lines = pa.concat_arrays(list(_features(contig, transcripts)))
                sink.write(b"\n".join(lines.to_pylist()) + b"\n")


def _features(contig: str, transcripts: Transcripts) -> Iterator[pa.BinaryArray]:
    """Yield the lines of each kind of feature of a contig, parents first."""
    locus, begins, ends = loci(transcripts)
    first = np.unique(locus, return_index=True)[1]
    coded = transcripts.coding
    kinds = transcripts.biotypes.cast(pa.binary())
    # A transcript that is not translated has, in a gene that is, a biotype of its own.
    mute = pc.and_(pa.array(~coded), pc.equal(kinds, b"protein_coding"))
    kinds = pc.if_else(mute, b"processed_transcript", kinds)
    gene_kinds = transcripts.biotypes.cast(pa.binary()).take(pa.array(first))
    symbols = transcripts.genes.cast(pa.binary()).take(pa.array(transcripts.gene[first]))
    genes = joined(b"gene:", contig.encode(), b"_", pa.array(np.arange(begins.size)))
    names = transcript_names(contig, transcripts)
    strand = transcripts.strand.astype(np.int64)
    about = joined(b"ID=", genes, b";Name=", symbols, b";biotype=", gene_kinds)
    yield _lines(contig, b"gene", (begins, ends), strand[first], b".", about)
    types = pc.if_else(pa.array(coded), b"mRNA", b"transcript")
    about = joined(b"ID=transcript:", names, b";Parent=", genes.take(pa.array(locus)), b";biotype=", kinds)
    yield _lines(contig, types, (transcripts.starts, transcripts.ends), strand, b".", about)
    owner = np.repeat(np.arange(len(transcripts)), transcripts.exon_counts)
    about = joined(b"Parent=transcript:", names.take(pa.array(owner)))
    yield _lines(contig, b"exon", (transcripts.exon_starts, transcripts.exon_ends), strand[owner], b".", about)
    parts = coding(transcripts)
    about = joined(b"Parent=transcript:", names.take(pa.array(parts.owner)))
    yield _lines(contig, b"CDS", (parts.starts, parts.ends), parts.strand, text(parts.phase), about)


def loci(transcripts: Transcripts) -> tuple[Ints, Ints, Ints]:
    """Return the gene of each transcript, (T,), and first and last base of each gene.

    Transcripts of one symbol and strand that lie apart are genes of their own, as GFF3 has it.
    """
    order = np.lexsort((transcripts.starts, transcripts.strand, transcripts.gene))
    key = transcripts.gene[order] * 2 + (transcripts.strand[order] > 0)
    starts, ends = transcripts.starts[order], transcripts.ends[order]
    # Adding a step per key makes one running maximum serve all keys.
    step = np.int64(1) << 32
    rank = np.cumsum(np.diff(key, prepend=key[:1]) != 0) * step
    reach = np.maximum.accumulate(ends + rank)
    new = np.ones(order.size, np.bool_)
    new[1:] = starts[1:] + rank[1:] > reach[:-1]
    group = np.cumsum(new) - 1
    locus = np.empty(order.size, np.int64)
    locus[order] = group
    heads = np.flatnonzero(new)
    return locus, starts[heads], np.maximum.reduceat(ends, heads)


def transcript_names(contig: str, transcripts: Transcripts) -> pa.BinaryArray:
    """Return the transcripts' names, made up where there is none."""
    known = transcripts.names.cast(pa.binary())
    made = joined(b"T", contig.encode(), b"_", pa.array(np.arange(len(transcripts))))
    return pc.if_else(pc.is_in(known, pa.array([b"", b"."], pa.binary())), made, known)


def text(values: Ints) -> pa.BinaryArray:
    """Return integers as decimal text."""
    return pa.array(values).cast(pa.string()).cast(pa.binary())


def joined(*pieces: bytes | pa.Array) -> pa.BinaryArray:
    """Return the pieces of each row as one text; integers are written in decimal."""
    columns = [text(p.to_numpy()) if isinstance(p, pa.Array) and pa.types.is_integer(p.type) else p for p in pieces]
    return pc.binary_join_element_wise(*columns, b"")


def _lines(
    contig: str, kind: bytes | pa.Array, span: tuple[Ints, Ints], strand: Ints, *rest: bytes | pa.Array
) -> pa.BinaryArray:
    starts, ends = span
    sign = pc.if_else(pa.array(strand > 0), b"+", b"-")
    columns = (contig.encode(), ORIGIN, kind, text(starts), text(ends), b".", sign, *rest)
    return pc.binary_join_element_wise(*columns, b"\t")
