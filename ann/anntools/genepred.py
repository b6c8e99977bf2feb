"""Gene models of UCSC's tables: genePred, genePredExt (refGene and its like), knownGene, with or without a bin.

Positions are 0-based half-open in the file; the CDS includes the stop codon.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.delimited import lines
from ann.anntools.errors import ReferenceDataError, clipped
from ann.anntools.feature_rows import flags
from ann.anntools.gene_files import COMMENT, GeneModels, line_of
from ann.anntools.source_files import at_line, opened
from ann.anntools.texts import Bools, Ints

BASIC: Final = (
    *("name", "chrom", "strand", "txStart", "txEnd", "cdsStart", "cdsEnd", "exonCount", "exonStarts", "exonEnds"),
)
EXTENDED: Final = (*BASIC, "score", "name2", "cdsStartStat", "cdsEndStat", "exonFrames")
KNOWN_GENE: Final = (*BASIC, "proteinID", "alignID")
BIN = "bin"
STRANDS = (b"+", b"-")
NUMBER = "^[0-9]{1,10}$"
NUMBERS = "^(?:[0-9]{1,10},)*[0-9]{1,10},?$"
INCOMPLETE = [b"incmpl"]


def read(path: Path) -> GeneModels:
    """Return the gene models of ``path``, plain or gzip. Raises ReferenceDataError where a line is no genePred."""
    names = _columns(path)
    used = tuple(name for name in names if name in EXTENDED and name not in {"score", "txStart", "txEnd", "exonCount"})
    table = pa.Table.from_batches([batch for _, batch in lines(path, names, used)]).combine_chunks()
    columns = {name: table[name].combine_chunks() for name in used}
    count = len(table)
    for name, pattern in (("cdsStart", NUMBER), ("cdsEnd", NUMBER), ("exonStarts", NUMBERS), ("exonEnds", NUMBERS)):
        _check(path, columns[name], flags(pc.match_substring_regex(columns[name], pattern)), name)
    begins, ends = (pc.split_pattern(_trimmed(columns[name]), ",") for name in ("exonStarts", "exonEnds"))
    counts = pc.list_value_length(begins).to_numpy()
    _check(path, columns["exonEnds"], pc.list_value_length(ends).to_numpy() == counts, "exonEnds")
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    exon_starts, exon_ends = _integers(pc.list_flatten(begins)) + 1, _integers(pc.list_flatten(ends))
    _check_order(path, columns["exonStarts"], offsets, exon_starts, exon_ends)
    first, last = _integers(_trimmed(columns["cdsStart"])), _integers(_trimmed(columns["cdsEnd"]))
    coding = first < last
    owner = np.repeat(np.arange(count), counts)
    for name, place in (("cdsStart", first + 1), ("cdsEnd", last)):
        exonic = (exon_starts <= place[owner]) & (exon_ends >= place[owner])
        _check(
            path, columns[name], ~coding | np.logical_or.reduceat(exonic, offsets[:-1]), f"{name}, which is in an exon"
        )
    contig = columns["chrom"].dictionary_encode()
    nothing = pa.nulls(count, pa.binary())
    incomplete_start, incomplete_end = (
        flags(pc.is_in(columns.get(name, nothing), value_set=pa.array(INCOMPLETE)))
        for name in ("cdsStartStat", "cdsEndStat")
    )
    strand = np.where(flags(pc.equal(columns["strand"], STRANDS[1])), -1, 1).astype(np.int8)
    forward = strand > 0
    return GeneModels(
        contigs=[name.decode("utf-8", "replace") for name in contig.dictionary.to_pylist()],
        contig=contig.indices.to_numpy().astype(np.int64),
        row=np.arange(count),
        strand=strand,
        symbols=columns.get("name2", columns["name"]),
        gene_ids=nothing,
        names=columns["name"],
        biotypes=pc.if_else(pa.array(coding), pa.scalar(b"protein_coding"), pa.scalar(b"non_coding")),
        cds_start=np.where(coding, first + 1, 1),
        cds_end=np.where(coding, last, 0),
        phase=_phase(columns.get("exonFrames"), forward, coding),
        start_known=~np.where(forward, incomplete_start, incomplete_end),
        stop_known=~np.where(forward, incomplete_end, incomplete_start),
        exon_offsets=offsets,
        exon_starts=exon_starts,
        exon_ends=exon_ends,
    )


def _columns(path: Path) -> tuple[str, ...]:
    """Return the names of the columns, which the number of them and the place of the strand tell."""
    with opened(path) as stream:
        found = (line for line in stream if line.strip() and not line.startswith(COMMENT))
        fields = next(found, b"").rstrip(b"\r\n").split(b"\t")
    for lead in ((), (BIN,)):
        strand = len(lead) + BASIC.index("strand")
        if len(fields) > strand and fields[strand] in STRANDS:
            width = len(fields) - len(lead)
            if width == len(KNOWN_GENE):
                return (*lead, *KNOWN_GENE)
            if width in {len(BASIC), len(BASIC) + 1}:
                return (*lead, *EXTENDED[:width])
            if width >= len(EXTENDED):
                return (*lead, *EXTENDED, *(f"more{number}" for number in range(width - len(EXTENDED))))
    raise ReferenceDataError(
        f"{path.name} is no genePred: its first line has {len(fields)} columns, or + or - not in the third or fourth."
    )


def _phase(frames: pa.BinaryArray | None, forward: Bools, coding: Bools) -> np.typing.NDArray[np.int8]:
    """Return how many bases of the CDS finish a codon that begins before it.

    exonFrames says how many bases of the codon in hand come before each exon, -1 where nothing is translated.
    """
    if frames is None:
        return np.zeros(forward.size, np.int8)
    first = pc.fill_null(pc.struct_field(pc.extract_regex(frames, r"^(?:-1,)*(?P<value>[0-2])"), "value"), b"0")
    last = pc.fill_null(pc.struct_field(pc.extract_regex(frames, r"(?P<value>[0-2]),(?:-1,?)*$"), "value"), b"0")
    frame = np.where(forward, _integers(_trimmed(first)), _integers(_trimmed(last)))
    return np.where(coding, (3 - frame) % 3, 0).astype(np.int8)


def _trimmed(values: pa.BinaryArray) -> pa.StringArray:
    return pc.utf8_rtrim(values.cast(pa.string()), ",")


def _integers(values: pa.StringArray) -> Ints:
    found: Ints = values.cast(pa.int64()).to_numpy()
    return found


def _check_order(path: Path, shown: pa.BinaryArray, offsets: Ints, starts: Ints, ends: Ints) -> None:
    """Raise ReferenceDataError where exons are empty, overlap or are not ascending."""
    good = starts <= ends
    good[1:] &= (starts[1:] > ends[:-1]) | np.isin(np.arange(1, starts.size), offsets)
    _check(path, shown, np.logical_and.reduceat(good, offsets[:-1]), "exonStarts, which ascend without overlap")


def _check(path: Path, values: pa.BinaryArray, good: Bools, what: str) -> None:
    if not good.all():
        bad = int(np.argmin(good))
        said = clipped(values[bad].as_py().decode("utf-8", "replace"))
        raise at_line(path, line_of(path, bad), f"{said!r} cannot be {what}.")
