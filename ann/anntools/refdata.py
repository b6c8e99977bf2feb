"""A reference: the gene models, cytobands and sequence of one assembly, read a contig at a time.

The bundle is ``bundle.json`` (format and version, and per assembly: file, contigs with lengths, biotypes, flank,
sources) beside one ``.npz`` per assembly whose members are called ``<contig>/<column>``:

    gene_names, names   uint8, one newline-ended row per gene (sorted) and per transcript
    gene, biotype       row of gene_names, code into the assembly's biotypes, per transcript
    strand, frame       1 or -1; 0 to 2 or -1 (see `ann.anntools.transcripts`), per transcript
    exon_count          per transcript
    exon_gap            per exon: of a transcript's first exon its start less the last transcript's start (0 at
                        first), of any other its start less the end of the exon before
    exon_size           per exon, bases
    cds_start, cds_end  per transcript: bases between its ends and those of the CDS, -1 where nothing is translated
    band_end            int32, last base of each cytoband; the first begins at 1, each other after the one before
    band_names          uint8, newline-ended rows
    sequence            uint8, ASCII bases

exon_gap, exon_size, cds_start and cds_end are int32 kept as four planes of bytes, lowest first, shape (4, N).
"""

import io
import json
import zipfile
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ann.anntools.errors import ReferenceDataError
from ann.anntools.intervals import Intervals
from ann.anntools.texts import Bytes, Ints, Texts, escaped, from_lines
from ann.anntools.transcripts import Transcripts

FORMAT = 1
BUNDLE = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Source:
    """One source of facts as the log names it: ``kind`` of fact, ``release``, and ``origin``, what carried it."""

    kind: str
    release: str
    origin: str


@dataclass(frozen=True)
class Bands:
    """Cytobands of one contig: their intervals and names, in the same order."""

    intervals: Intervals
    names: Texts


@dataclass(frozen=True)
class Reference:
    """The tables of one assembly; ``lengths`` maps our contig names to bases, in the assembly's order.

    ``flank`` is how many bases upstream and downstream of a transcript count as its neighbourhood.
    """

    assembly: str
    version: str
    lengths: dict[str, int]
    biotypes: tuple[str, ...]
    flank: int
    sources: tuple[Source, ...]
    archive: Any = field(repr=False)
    _transcripts: dict[str, Transcripts] = field(default_factory=dict, repr=False)

    @cached_property
    def has_bands(self) -> bool:
        """Whether the assembly has cytobands."""
        return any(source.kind == "cytobands" for source in self.sources)

    def transcripts(self, contig: str) -> Transcripts:
        """Return the gene models of ``contig``, loaded at first use."""
        if contig not in self._transcripts:
            self._transcripts[contig] = _unpack(lambda column: self.archive[f"{contig}/{column}"])
        return self._transcripts[contig]

    def bands(self, contig: str) -> Bands | None:
        """Return the cytobands of ``contig``, None where the assembly has none."""
        if not self.has_bands:
            return None
        ends = self.archive[f"{contig}/band_end"].astype(np.int64)
        starts = np.concatenate(([1], ends[:-1] + 1))
        return Bands(Intervals(starts, ends), escaped(from_lines(self.archive[f"{contig}/band_names"])))

    def sequence(self, contig: str) -> Bytes | None:
        """Return the bases of ``contig`` as uint8 ASCII, None where they are not at hand."""
        found: Bytes | None = self.archive.get(f"{contig}/sequence")
        return found


@cache
def load(assembly: str, folder: Path = BUNDLE) -> Reference:
    """Return the reference of ``assembly``, a name of `ann.anntools.assembly`; a second call returns the same object.

    Raises ReferenceDataError where the bundle is missing, damaged or of another format version.
    """
    try:
        bundle = json.loads((folder / "bundle.json").read_text())
        found = bundle["format"]
        if found != FORMAT:
            raise ReferenceDataError(
                f"The reference in {folder} has format version {found}, this engine reads format version {FORMAT}."
            )
        entry = bundle["assemblies"][assembly]
        return Reference(
            assembly=assembly,
            version=bundle["version"],
            lengths=entry["contigs"],
            biotypes=tuple(entry["biotypes"]),
            flank=entry["flank"],
            sources=tuple(Source(**source) for source in entry["sources"]),
            archive=np.load(io.BytesIO((folder / entry["file"]).read_bytes())),
        )
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ReferenceDataError(f"The reference {assembly} in {folder} cannot be read: {error}.") from error


def _unpack(column: Any) -> Transcripts:
    """Return gene models from their packed columns; ``column`` gives one by name."""
    counts = column("exon_count").astype(np.int64)
    offsets = np.concatenate(([0], np.cumsum(counts)))
    firsts = offsets[:-1]
    steps, sizes = _int64(column("exon_gap")), _int64(column("exon_size"))
    starts = np.cumsum(steps[firsts])
    # Walk along each transcript: a step leads from the end of one exon to the start of the next.
    steps[1:] += sizes[:-1] - 1
    steps[firsts] = 0
    walked = np.cumsum(steps)
    exon_starts = walked + np.repeat(starts - walked[firsts], counts)
    exon_ends = exon_starts + sizes - 1
    ends = exon_ends[offsets[1:] - 1]
    before, after = _int64(column("cds_start")), _int64(column("cds_end"))
    return Transcripts(
        starts=starts,
        ends=ends,
        strand=column("strand"),
        gene=column("gene").astype(np.int64),
        genes=escaped(from_lines(column("gene_names"))),
        names=_dotted(escaped(from_lines(column("names")))),
        biotype=column("biotype"),
        cds_start=np.where(before >= 0, starts + before, 1),
        cds_end=np.where(before >= 0, ends - after, 0),
        frame=column("frame"),
        exon_offsets=offsets,
        exon_starts=exon_starts,
        exon_ends=exon_ends,
    )


def _dotted(texts: Texts) -> Texts:
    """Return ``texts`` with a dot, VCF's missing value, in place of empty rows."""
    data = np.append(texts.data, np.uint8(ord(".")))
    empty = texts.sizes == 0
    return Texts(data, np.where(empty, data.size - 1, texts.starts), np.where(empty, 1, texts.sizes))


def _int64(planes: Bytes) -> Ints:
    """Return int32 values kept as four planes of bytes."""
    return np.ascontiguousarray(planes.T).view("<i4").ravel().astype(np.int64)
