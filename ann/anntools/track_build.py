"""Builds tracks from the public files; `ann.anntools.tracks` opens them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from ann.anntools.allele_build import VCFAlleles, schema, write
from ann.anntools.contigs import Names
from ann.anntools.errors import BadInput, ReferenceDataError
from ann.anntools.overlap_build import OverlapWriter
from ann.anntools.places import Bodies, placed
from ann.anntools.recipe import SourceSpec
from ann.anntools.snp_tables import SNPAlleles
from ann.anntools.spill import Spill
from ann.anntools.tables import Table
from ann.anntools.tracks import ALLELE, OVERLAP, Sequences

Genes = Callable[[str], Bodies]
SPILL = "spill"


@dataclass
class Counts:
    """What became of the rows of a file; ``unknown`` counts those on contigs that the reference lacks, by name."""

    rows: int = 0
    kept: int = 0
    unknown: dict[str, int] = field(default_factory=dict)


def compile_source(
    spec: SourceSpec,
    path: Path,
    contigs: Mapping[str, int],
    *,
    sequence: Sequences,
    out: Path,
    genes: Genes | None = None,
) -> dict[str, Any]:
    """Build the track of ``spec`` from the file ``path`` in the empty folder ``out``.

    Returns what `ann.anntools.tracks.open_track` wants.

    ``contigs`` maps the names of the reference's contigs to their lengths. ``sequence`` returns a contig's bases, None
    where they are not at hand. ``genes`` returns the transcripts of a contig, needed where genes place the source.
    The dictionary can go through JSON; its ``counts`` tell how many rows were read and kept, and on which contigs the
    others lie. Raises ReferenceDataError with file, line and value where the file does not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    counts = Counts()
    finder = _Finder(spec, contigs, counts)
    table = Table(spec, path)
    try:
        entry = (
            _build_alleles(table, finder, sequence, out)
            if spec.match == ALLELE
            else _build_overlap(table, finder, genes, out)
        )
    except BadInput as error:
        raise ReferenceDataError(f"{path.name}: {error}") from error
    return entry | {
        "name": spec.name,
        "release": spec.release,
        "match": ALLELE if spec.match == ALLELE else OVERLAP,
        "keys": [asdict(info.key) for info in spec.infos],
        "ids": spec.ids,
        "counts": asdict(counts),
    }


class _Finder:
    """Finds the contig that a file means, and counts rows that lie on none of the reference."""

    def __init__(self, spec: SourceSpec, contigs: Mapping[str, int], counts: Counts) -> None:
        self.contigs, self.counts = contigs, counts
        self._skip = spec.skip
        self._names = Names(contigs, human=True)

    def find(self, name: bytes, rows: int) -> str | None:
        """Return the reference's name of the contig ``name``, on which so many rows lie; None where it has none."""
        text = name.decode("utf-8", "replace")
        contig = None if text in self._skip else self._names.find(text)
        self.counts.rows += rows
        if contig is None:
            self.counts.unknown[text] = self.counts.unknown.get(text, 0) + rows
        else:
            self.counts.kept += rows
        return contig


def _build_overlap(table: Table, finder: _Finder, genes: Genes | None, out: Path) -> dict[str, Any]:
    infos = table.spec.infos
    fields = [("start", pa.int64()), ("end", pa.int64()), *((info.key.name, pa.binary()) for info in infos)]
    with Spill[str](out / SPILL, pa.schema(fields)) as spill:
        for rows in placed(table, finder.contigs, genes):
            for name, chosen in rows.by_contig():
                contig = finder.find(name, chosen.size)
                if contig is not None:
                    part = rows.take(chosen)
                    part.refuse_outside(table, contig, finder.contigs[contig])
                    spill.add(contig, [pa.array(part.starts), pa.array(part.ends), *part.values])
        with OverlapWriter(out, [info.key for info in infos]) as writer:
            for contig in finder.contigs:
                if contig in spill.parts:
                    starts, ends, *values = spill.take(contig).columns
                    writer.add(contig, starts.to_numpy(), ends.to_numpy(), values)
    return {"contigs": writer.contigs}


def _build_alleles(table: Table, finder: _Finder, sequence: Sequences, out: Path) -> dict[str, Any]:
    source = (VCFAlleles if table.spec.format == "vcf" else SNPAlleles)(table, sequence)
    with Spill[tuple[str, int]](out / SPILL, schema(table.spec.infos)) as spill:
        for group in source.groups():
            contig = finder.find(group.contig, group.size)
            if contig is not None:
                for window, rows in group.rows(contig):
                    spill.add((contig, window), rows.columns)
        contigs, deepest = write(out, finder.contigs, spill, table.spec.infos)
    return {"contigs": contigs, "deepest": deepest}
