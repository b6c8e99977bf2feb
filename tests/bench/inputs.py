"""VCF files to measure with, made from a seed: sites or genotypes, half of the records in exons."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pysam
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

LETTERS = np.frombuffer(b"ACGT", np.uint8)
RANKS = np.zeros(256, np.int64)
RANKS[LETTERS] = np.arange(4)
LONGEST = 20  # bases that an indel deletes or inserts at most
SITES = {"snv": 0.88, "deletion": 0.05, "insertion": 0.05, "multiallelic": 0.02}
CALLED_ALLELES = 5008
ROWS_AT_ONCE = 100_000
GENOTYPES = 4096  # different sample columns
DEPTH = 30
HEADER = """\
##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=q30,Description="Quality below 30">
##reference=GRCh37
{contigs}
##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count">
##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">
##INFO=<ID=AN,Number=1,Type=Integer,Description="Called alleles">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">
"""
FORMATS = """\
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth of each allele">
##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">
##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality of the genotype">
"""


@dataclass(frozen=True, kw_only=True)
class Genome:
    """What records are drawn from: ``fasta`` with its index, ``lengths`` of the contigs in their order, and ``exons``.

    The exons of each contig are (starts, ends), 1-based inclusive int64, sorted and disjoint.
    """

    fasta: Path
    lengths: Mapping[str, int]
    exons: Mapping[str, tuple[Ints, Ints]]


def disjoint(starts: Ints, ends: Ints) -> tuple[Ints, Ints]:
    """Return the union of intervals as sorted intervals that neither touch nor overlap."""
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(ends[order])
    heads = np.flatnonzero(np.concatenate((np.ones(min(starts.size, 1), np.bool_), starts[1:] > reach[:-1] + 1)))
    return starts[heads], reach[np.append(heads[1:], starts.size) - 1] if heads.size else reach


def write_vcf(path: Path, genome: Genome, records: int, *, samples: int = 0, seed: int) -> None:
    """Write ``records`` records, sorted, one at a place, REF as in the sequence; the same seed gives the same bytes."""
    names = list(genome.lengths)
    everywhere = shares(records - records // 2, [genome.lengths[name] for name in names])
    exonic = shares(records // 2, [int((b - a + 1).sum()) for a, b in (genome.exons[name] for name in names)])
    with path.open("wb") as sink, pysam.FastaFile(str(genome.fasta)) as fasta:
        sink.write(header(genome.lengths, samples).encode())
        for number, name in enumerate(names):
            generator = np.random.default_rng([seed, records, samples, number])
            wanted = int(everywhere[number]), int(exonic[number])
            positions = draw_positions(generator, genome.lengths[name], genome.exons[name], *wanted)
            bases = np.frombuffer(fasta.fetch(name).encode(), np.uint8)
            for begin in range(0, positions.size, ROWS_AT_ONCE):
                for lines in record_lines(generator, name, positions[begin : begin + ROWS_AT_ONCE], bases, samples):
                    sink.write(lines)


def header(lengths: Mapping[str, int], samples: int) -> str:
    """Return the header, column names included."""
    contigs = "\n".join(f"##contig=<ID={name},length={length},assembly=GRCh37>" for name, length in lengths.items())
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    columns += ["FORMAT", *(f"S{number:05d}" for number in range(samples))] if samples else []
    return HEADER.format(contigs=contigs) + (FORMATS if samples else "") + "\t".join(columns) + "\n"


def shares(total: int, weights: list[int]) -> Ints:
    """Split ``total`` in proportion to ``weights``, without loss."""
    cumulated = np.cumsum(np.array(weights, np.float64))
    ends: Ints = np.rint(total * cumulated / cumulated[-1]).astype(np.int64)
    return np.diff(ends, prepend=0)


def draw_positions(
    generator: np.random.Generator, length: int, exons: tuple[Ints, Ints], everywhere: int, exonic: int
) -> Ints:
    """Return ascending places, none twice, that leave room for an indel before the end of the contig."""
    last = length - LONGEST - 1
    starts, ends = exons
    through = np.cumsum(ends - starts + 1)
    chosen = np.empty(0, np.int64)
    while chosen.size < everywhere + exonic:
        lacking = everywhere + exonic - chosen.size
        some = lacking if not chosen.size else 2 * lacking
        inside = round(some * exonic / (everywhere + exonic))
        drawn = [generator.integers(2, last, some - inside)]
        if inside:
            base = generator.integers(0, through[-1], inside)
            exon = np.searchsorted(through, base, side="right")
            drawn.append(ends[exon] - through[exon] + 1 + base)
        fresh = np.setdiff1d(np.concatenate(drawn), chosen)
        fresh = fresh[(fresh > 1) & (fresh < last)]
        if fresh.size > lacking:
            fresh = generator.choice(fresh, lacking, replace=False)
        chosen = np.concatenate((chosen, fresh))
    return np.sort(chosen)


def record_lines(
    generator: np.random.Generator, contig: str, positions: Ints, bases: Bytes, samples: int
) -> Iterator[memoryview]:
    """Yield the records at ``positions`` as bytes."""
    rows = positions.size
    kinds = generator.choice(len(SITES), rows, p=list(SITES.values()))
    ref, alt = alleles(generator, kinds, positions, bases)
    multiple = kinds == list(SITES).index("multiallelic")
    known = pc.if_else(pa.array(generator.random(rows) < 0.5), number_texts(generator.integers(1, 10**9, rows)), b"")
    identifier = pc.if_else(pc.equal(known, b""), b".", pc.binary_join_element_wise(b"rs", known, b""))
    quality = generator.integers(10, 3000, rows)
    columns = [
        contig.encode(),
        number_texts(positions),
        identifier,
        ref,
        alt,
        number_texts(quality),
        pc.if_else(pa.array(quality >= 30), b"PASS", b"q30"),
        information(generator, multiple),
    ]
    if samples:
        columns += [b"GT:AD:DP:GQ", *sample_columns(generator, multiple, samples)]
    for begin in range(0, rows, 10_000):
        part = [column if isinstance(column, bytes) else column[begin : begin + 10_000] for column in columns]
        lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*part, b"\t"), b"", b"\n")
        ends = np.frombuffer(lines.buffers()[1], np.int32)[: len(lines) + 1]
        yield memoryview(lines.buffers()[2])[ends[0] : ends[-1]]


def alleles(
    generator: np.random.Generator, kinds: NDArray[np.int64], positions: Ints, bases: Bytes
) -> tuple[pa.BinaryArray, pa.BinaryArray]:
    """Return REF and ALT of each record; ``kinds`` are places in SITES, ``positions`` are 1-based."""
    snv, deletion, insertion, multiple = (kinds == code for code in range(len(SITES)))
    rows = positions.size
    size = np.minimum(generator.geometric(0.35, rows), LONGEST)
    ref = cut(bases[positions[:, None] - 1 + np.arange(LONGEST + 1)], 1 + size * deletion)
    first = bases[positions - 1]
    inserted = LETTERS[generator.integers(0, 4, (rows, LONGEST + 1))]
    inserted[:, 0] = first
    changed = LETTERS[(RANKS[first] + generator.integers(1, 4, rows)) % 4]
    inserted[snv | multiple, 0] = changed[snv | multiple]
    alt = cut(inserted, 1 + size * insertion)
    # The second ALT follows the first in the alphabet, or the next but one where that is REF.
    second = (RANKS[changed] + 1) % 4
    second = LETTERS[np.where(second == RANKS[first], (second + 1) % 4, second)]
    both = pc.binary_join_element_wise(alt, cut(second[:, None], np.ones(rows, np.int64)), b",")
    return ref, pc.if_else(pa.array(multiple), both, alt)


def cut(windows: Bytes, sizes: Ints) -> pa.BinaryArray:
    """Return the first ``sizes[i]`` bytes of each row of ``windows``."""
    kept = windows[np.arange(windows.shape[1]) < sizes[:, None]]
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), sizes.size, [None, pa.py_buffer(offsets), pa.py_buffer(kept)])


def number_texts(values: Ints) -> pa.BinaryArray:
    """Return integers as decimal text."""
    return pa.array(values).cast(pa.string()).cast(pa.binary())


def information(generator: np.random.Generator, multiple: NDArray[np.bool_]) -> pa.BinaryArray:
    """Return INFO: AC, AF, AN and DP; AC and AF have two values where there are two ALT alleles."""
    rows = multiple.size
    texts = []
    for _ in range(2):
        # Most alleles are rare, as in real cohorts.
        count = np.minimum(generator.geometric(0.01, rows), CALLED_ALLELES // 2)
        frequency = pa.array(np.round(count / CALLED_ALLELES, 6)).cast(pa.string()).cast(pa.binary())
        texts.append((number_texts(count), frequency))
    (count, frequency), (other_count, other_frequency) = texts
    several = pa.array(multiple)
    count = pc.if_else(several, pc.binary_join_element_wise(count, other_count, b","), count)
    frequency = pc.if_else(several, pc.binary_join_element_wise(frequency, other_frequency, b","), frequency)
    depth = number_texts(generator.integers(5_000, 40_000, rows))
    called = f";AN={CALLED_ALLELES};DP=".encode()
    return pc.binary_join_element_wise(b"AC=", count, b";AF=", frequency, called, depth, b"")


def sample_columns(
    generator: np.random.Generator, multiple: NDArray[np.bool_], samples: int
) -> Iterator[pa.BinaryArray]:
    """Yield one column per sample, taken from a pool of ready texts."""
    pools = [sample_pool(generator, count) for count in (2, 3)]
    pool = pa.array(pools[0] + pools[1], pa.binary())
    for _ in range(samples):
        yield pool.take(pa.array(generator.integers(0, GENOTYPES, multiple.size) + GENOTYPES * multiple))


def sample_pool(generator: np.random.Generator, count: int) -> list[bytes]:
    """Return GENOTYPES texts GT:AD:DP:GQ of a record with ``count`` alleles, REF included."""
    weights = [0.8, *[0.2 / (count - 1)] * (count - 1)]
    pairs = np.sort(generator.choice(count, (GENOTYPES, 2), p=weights), axis=1)
    copies = (pairs[:, :, None] == np.arange(count)).sum(axis=1)
    depths = generator.poisson(DEPTH * copies / 2)
    qualities = generator.integers(5, 100, GENOTYPES)
    rows = zip(pairs.tolist(), depths.tolist(), qualities.tolist(), strict=True)
    return [
        f"{first}/{second}:{','.join(map(str, depth))}:{sum(depth)}:{quality}".encode()
        for (first, second), depth, quality in rows
    ]
