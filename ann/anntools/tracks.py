"""Tracks: the sources that are joined to records, built from the public files and opened at run time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from ann.anntools.contigs import Names
from ann.anntools.errors import ReferenceDataError
from ann.anntools.header import InfoKey
from ann.anntools.overlap import OverlapTrack
from ann.anntools.overlap_build import OverlapWriter
from ann.anntools.places import Bodies, Placed, placed
from ann.anntools.recipe import SourceSpec
from ann.anntools.spill import Spill
from ann.anntools.tables import Table
from ann.anntools.texts import Bytes, Ints
from ann.anntools.variants import Alleles

Sequences = Callable[[str], Bytes | None]
Genes = Callable[[str], Bodies]
OVERLAP, ALLELE = "overlap", "allele"


class Track(Protocol):
    """A source at run time.

    ``keys`` are the INFO keys that it may add, under the names that it writes. Positions are 1-based inclusive;
    ``first``, ``last``: int64 (N,), the REF span of each of N records of one contig; ``alleles`` are theirs.
    """

    name: str
    release: str
    keys: tuple[InfoKey, ...]

    def renamed(self, names: Mapping[str, str]) -> "Track":
        """Return the same track with other INFO names, ``names`` by the present ones."""
        ...

    def texts(self, contig: str, first: Ints, last: Ints, alleles: Alleles) -> pa.BinaryArray:
        """Return ``;KEY=value…`` for each record (N,), empty where the source says nothing of it."""
        ...

    def ids(self, contig: str, alleles: Alleles, records: int) -> pa.BinaryArray | None:
        """Return the identifiers of each record joined with semicolons (N,), empty for none.

        None where the source does not give identifiers.
        """
        ...


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
    """Build the track of ``spec`` from the file ``path`` in the empty folder ``out``; return what `open_track` wants.

    ``contigs`` maps the names of the reference's contigs to their lengths. ``sequence`` returns a contig's bases, None
    where they are not at hand. ``genes`` returns the transcripts of a contig, needed where genes place the source.
    The dictionary can go through JSON; its ``counts`` tell how many rows were read and kept, and on which contigs the
    others lie. Raises ReferenceDataError with file, line and value where the file does not fit.
    """
    out.mkdir(parents=True, exist_ok=True)
    counts = Counts()
    names = Names(contigs, human=True)
    table = Table(spec, path)
    places = placed(table, contigs, genes)
    entry: dict[str, Any] = {
        "name": spec.name,
        "release": spec.release,
        "match": OVERLAP,
        "keys": [asdict(info.key) for info in spec.infos],
    }
    with Spill[str](out / "spill", _schema(spec)) as spill:
        _sort_out(places, names, contigs, counts, spill=spill, table=table)
        with OverlapWriter(out, [info.key for info in spec.infos]) as writer:
            for contig in contigs:
                if contig in spill.parts:
                    starts, ends, *values = spill.take(contig).columns
                    writer.add(contig, starts.to_numpy(), ends.to_numpy(), values)
    return entry | {"contigs": writer.contigs, "counts": asdict(counts)}


def open_track(folder: Path, entry: Mapping[str, Any], sequence: Sequences | None = None) -> Track:
    """Return the track in ``folder``; ``entry`` is what `compile_source` returned.

    ``sequence`` lets indels that stand elsewhere in a repeat be found; without it only the same place counts. Raises
    ReferenceDataError where the files cannot be used.
    """
    try:
        return OverlapTrack(folder, entry)
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise ReferenceDataError(f"The track in {folder} cannot be read: {error}.") from error


def _schema(spec: SourceSpec) -> pa.Schema:
    values = [(info.key.name, pa.binary()) for info in spec.infos]
    return pa.schema([("start", pa.int64()), ("end", pa.int64()), *values])


def _sort_out(
    places: Iterator[Placed],
    names: Names,
    contigs: Mapping[str, int],
    counts: Counts,
    *,
    spill: Spill[str],
    table: Table,
) -> None:
    """Put the rows aside by contig."""
    schema = _schema(table.spec)
    for rows in places:
        counts.rows += len(rows)
        for name, chosen in rows.by_contig():
            text = name.decode("utf-8", "replace")
            contig = None if text in table.spec.skip else names.find(text)
            if contig is None:
                counts.unknown[text] = counts.unknown.get(text, 0) + chosen.size
                continue
            part = rows.take(chosen)
            part.refuse_outside(table, contig, contigs[contig])
            counts.kept += len(part)
            spill.add(
                contig,
                pa.RecordBatch.from_arrays([pa.array(part.starts), pa.array(part.ends), *part.values], schema=schema),
            )
