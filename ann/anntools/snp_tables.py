"""UCSC's tables of dbSNP (snp130 and the like) as a source by exact allele, for assemblies without a VCF of dbSNP."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import pyarrow as pa

from ann.anntools.allele_build import Group, windowed
from ann.anntools.alleles import normalised
from ann.anntools.places import values, wanted
from ann.anntools.tables import Lines, Table, integers
from ann.anntools.texts import Bytes, Ints, from_list
from ann.anntools.variants import Alleles, Kind

COLUMNS = ("chrom", "chromStart", "chromEnd", "name", "strand", "refUCSC", "observed")
# Others are repeats such as (CA)12/13, or names of what is too long.
SPELLED = re.compile(rb"[ACGT-]+(?:/[ACGT-]+)+")
REFERENCE = re.compile(rb"[ACGT]+|-")
COMPLEMENT = bytes.maketrans(b"ACGT", b"TGCA")


class SNPAlleles:
    """The alleles of a table of SNPs as rows of a track: each observed allele but that of the assembly."""

    def __init__(self, table: Table, sequence: Callable[[str], Bytes | None]) -> None:
        self._table, self._sequence = table, sequence

    def groups(self) -> Iterator[Group]:
        """Yield the lines. Raises ReferenceDataError where the file does not fit."""
        for lines in self._table.read(wanted(self._table, COLUMNS)):
            encoded = lines.columns["chrom"].dictionary_encode()
            codes = encoded.indices.to_numpy()
            for code, name in enumerate(encoded.dictionary.to_pylist()):
                chosen = np.flatnonzero(codes == code)
                yield Group(name, chosen.size, partial(self._rows, lines, chosen))

    def _rows(self, lines: Lines, chosen: Ints, contig: str) -> Iterator[tuple[int, pa.RecordBatch]]:
        rows = pa.array(chosen)
        part = Lines({name: column.take(rows) for name, column in lines.columns.items()}, lines.number[chosen])
        starts = integers(self._table, part, "chromStart") + 1
        columns = (part.columns[name].to_pylist() for name in ("refUCSC", "observed", "strand"))
        found = [
            (row, front, ref, alt)
            for row, line in enumerate(zip(*columns, strict=True))
            for front, ref, alt in changes(*line)
        ]
        if not found:
            return
        record, fronts, refs, alts = (list(column) for column in zip(*found, strict=True))
        alleles = _alleles(np.array(record), starts[record] + np.array(fronts), refs, alts)
        owner = pa.array(alleles.record)
        normal = normalised(alleles, np.arange(len(alleles)), self._sequence(contig))
        told = [column.take(owner) for column in values(self._table, part)]
        yield from windowed(normal, part.columns["name"].take(owner), told, self._table.spec.infos)


def changes(reference: bytes, observed: bytes, strand: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (shared bases at the beginning, REF, ALT) for each observed allele, on the assembly's strand."""
    if not SPELLED.fullmatch(observed) or not REFERENCE.fullmatch(reference):
        return
    ref = reference.strip(b"-")
    for said in observed.split(b"/"):
        allele = said.strip(b"-")
        alt = allele.translate(COMPLEMENT)[::-1] if strand == b"-" else allele
        if alt != ref:
            back = _shared(ref[::-1], alt[::-1])
            one, other = ref[: len(ref) - back], alt[: len(alt) - back]
            front = _shared(one, other)
            yield front, one[front:], other[front:]


def _shared(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts share at their beginning."""
    most = min(len(one), len(other))
    return next((place for place in range(most) if one[place] != other[place]), most)


def _alleles(record: Ints, start: Ints, ref: Sequence[bytes], alt: Sequence[bytes]) -> Alleles:
    refs, alts = from_list(ref), from_list(alt)
    return Alleles(
        record=record,
        number=np.zeros(record.size, np.int64),
        kind=np.full(record.size, Kind.SEQUENCE, np.uint8),
        start=start,
        end=start + refs.sizes - 1,
        ref=refs,
        alt=alts,
        written=alts,
    )
