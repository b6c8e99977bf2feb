"""Eight interval sources as dense as real ones: BED files with their index, and what each tool must be told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pysam
from numpy.typing import NDArray

Ints = NDArray[np.int64]

GENOME = 3_095_677_412  # bases of GRCh37's chromosomes; counts of intervals are for all of them


@dataclass(frozen=True)
class Source:
    """One source: INFO ``key``, ``count`` of intervals on the whole genome, median ``length`` in bases.

    ``spread`` is the standard deviation of the logarithm of the length; ``names`` is how many different names there
    are, 0 where every interval has its own. ``length`` 0 means intervals that lie side by side and leave no gap.
    """

    key: str
    count: int
    length: int
    spread: float
    names: int


SOURCES = (
    Source("CYTOBAND", 862, 0, 0.8, 0),
    Source("DGV", 200_000, 3_000, 1.6, 0),
    Source("SEGDUP", 51_599, 3_500, 1.0, 0),
    Source("TFBS", 300_000, 14, 0.25, 258),
    Source("MIRNA", 54_000, 8, 0.1, 153),
    Source("CPG", 28_691, 570, 0.7, 0),
    Source("GAD", 12_000, 25_000, 1.2, 3_000),
    Source("CNV", 5_238, 20_000, 1.1, 0),
)


def write_bed(path: Path, source: Source, lengths: Mapping[str, int], seed: int) -> None:
    """Write ``source`` as BED (``.bed``), compressed with BGZF (``.bed.gz``) and indexed (``.bed.gz.tbi``)."""
    with path.open("wb") as sink:
        for number, (contig, length) in enumerate(lengths.items()):
            generator = np.random.default_rng([seed, number])
            count = max(1, round(source.count * length / GENOME))
            starts, ends = _intervals(generator, source, count, length)
            labels = generator.integers(0, source.names, count) if source.names else np.arange(count)
            prefix = f"{source.key.lower()}{'' if source.names else '_' + contig}_".encode()
            names = pc.binary_join_element_wise(prefix, _text(labels), b"")
            lines = pc.binary_join_element_wise(contig.encode(), _text(starts), _text(ends), names, b"\t")
            sink.write(b"\n".join(lines.to_pylist()) + b"\n")
    packed = str(path) + ".gz"
    pysam.tabix_compress(str(path), packed, force=True)
    pysam.tabix_index(packed, preset="bed", force=True)


def _intervals(generator: np.random.Generator, source: Source, count: int, length: int) -> tuple[Ints, Ints]:
    """Return 0-based half-open intervals sorted by start, then end."""
    if source.length == 0:
        weights = np.cumsum(generator.lognormal(0, source.spread, count))
        ends = np.rint(weights / weights[-1] * length).astype(np.int64)
        return np.concatenate(([0], ends[:-1])), ends
    starts = generator.integers(0, length - 1, count)
    sizes = np.maximum(generator.lognormal(np.log(source.length), source.spread, count), 1).astype(np.int64)
    ends = np.minimum(starts + sizes, length)
    order = np.lexsort((ends, starts))
    return starts[order], ends[order]


def _text(values: Ints) -> pa.BinaryArray:
    return pa.array(values).cast(pa.string()).cast(pa.binary())


def description(source: Source) -> str:
    """Return what the header says of the source's key."""
    return f"Intervals of {source.key} that the record overlaps"


def header_line(source: Source) -> str:
    """Return the header line of the source's key."""
    return f'##INFO=<ID={source.key},Number=.,Type=String,Description="{description(source)}">'


def write_recipe(path: Path, sources: Sequence[Source], *, genes: bool) -> None:
    """Write the ``sources.toml`` of a reference; files are named relative to it."""
    parts = ['[reference]\nname = "GRCh37"\nrelease = "made to measure"']
    if genes:
        parts += ['[sequence]\nfile = "genome.fa"', '[genes]\nfile = "genes.gff3"\nformat = "gff3"']
    for source in sources:
        parts.append(
            f'[[source]]\nname = "{source.key.lower()}"\nfile = "{source.key}.bed.gz"\nformat = "bed"\n'
            f'match = "overlap"\ninfo = {{ key = "{source.key}", number = ".", type = "String", '
            f'description = "{description(source)}", column = "name" }}'
        )
    path.write_text("\n".join(parts) + "\n")


def write_vcfanno_config(path: Path, sources: Sequence[Source]) -> None:
    """Write the configuration of vcfanno, files named relative to it: the distinct names that overlap."""
    part = '[[annotation]]\nfile = "{file}"\ncolumns = [4]\nnames = ["{key}"]\nops = ["uniq"]\n'
    path.write_text("\n".join(part.format(file=f"{one.key}.bed.gz", key=one.key) for one in sources))


def write_joined(folder: Path, name: str, sources: Sequence[Source]) -> None:
    """Write all ``sources`` as one sorted table ``NAME.tab.gz``: CHROM, FROM, TO (1-based) and a column each.

    ``bcftools annotate`` passes over the records once with it, instead of once per source.
    """
    rows: list[tuple[int, int, int, str]] = []
    contigs: dict[str, int] = {}
    for column, source in enumerate(sources):
        for line in (folder / f"{source.key}.bed").read_text().splitlines():
            contig, start, end, label = line.split("\t")
            cells = ["."] * len(sources)
            cells[column] = label
            place = contigs.setdefault(contig, len(contigs))
            rows.append((place, int(start) + 1, int(end), "\t".join(cells)))
    rows.sort()
    names = list(contigs)
    plain = folder / f"{name}.tab"
    plain.write_text("".join(f"{names[place]}\t{first}\t{last}\t{cells}\n" for place, first, last, cells in rows))
    pysam.tabix_compress(str(plain), f"{plain}.gz", force=True)
    pysam.tabix_index(f"{plain}.gz", seq_col=0, start_col=1, end_col=2, force=True)
    plain.unlink()
