"""Gene models of a whole file, as the file names its contigs, and how they become those of one contig."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ann.anntools.source_files import opened
from ann.anntools.texts import RESERVED, Bools, Ints, arrow, bytes_of, escaped, from_list, offsets_of
from ann.anntools.transcripts import Transcripts

STANDARD, VERTEBRATE_MITOCHONDRIAL = 1, 2  # NCBI's numbers of the genetic codes
COMMENT = b"#"


@dataclass(frozen=True, kw_only=True)
class GeneModels:
    """T transcripts in no order and E exons, each transcript's own ascending; positions are 1-based inclusive.

    ``contigs`` are the file's names, ``contig`` int64 (T,) rows of it. ``row``: int64 (T,), the line that begins the
    transcript, counted from 0 without comments. ``symbols``, ``gene_ids``, ``names``, ``biotypes``: Arrow binary
    arrays (T,) as the file has them. ``start_known``, ``stop_known``: false where the file says that an end of the CDS
    is missing. The others are as in `Transcripts`. ``notes`` are sentences on what was left out.
    """

    contigs: list[str]
    contig: Ints
    row: Ints
    strand: NDArray[np.int8]
    symbols: pa.BinaryArray
    gene_ids: pa.BinaryArray
    names: pa.BinaryArray
    biotypes: pa.BinaryArray
    cds_start: Ints
    cds_end: Ints
    phase: NDArray[np.int8]
    start_known: Bools
    stop_known: Bools
    exon_offsets: Ints
    exon_starts: Ints
    exon_ends: Ints
    notes: tuple[str, ...] = ()

    @property
    def starts(self) -> Ints:
        """First base of each transcript, int64 (T,)."""
        return self.exon_starts[self.exon_offsets[:-1]]

    @property
    def ends(self) -> Ints:
        """Last base of each transcript, int64 (T,)."""
        return self.exon_ends[self.exon_offsets[1:] - 1]

    def of(self, rows: Ints, genetic_code: int) -> Transcripts:
        """Return the transcripts ``rows``, all of one contig and at least one, sorted.

        An end of a CDS is known only where the CDS is a whole number of codons, but for vertebrate mitochondria, where
        polyadenylation completes the stop codons of whole genes.
        """
        starts, ends = self.starts, self.ends
        rows = rows[np.lexsort((rows, ends[rows], starts[rows]))]
        counts = np.diff(self.exon_offsets)[rows]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        exons = np.repeat(self.exon_offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
        gene, genes, gene_ids = _genes(self.symbols.take(pa.array(rows)), self.gene_ids.take(pa.array(rows)))
        models = Transcripts(
            starts=starts[rows],
            ends=ends[rows],
            strand=self.strand[rows],
            gene=gene,
            genes=safe(genes),
            gene_ids=safe(gene_ids),
            names=safe(self.names.take(pa.array(rows))),
            biotypes=safe(self.biotypes.take(pa.array(rows))),
            cds_start=self.cds_start[rows],
            cds_end=self.cds_end[rows],
            phase=self.phase[rows],
            start_known=self.start_known[rows],
            stop_known=self.stop_known[rows],
            exon_offsets=offsets,
            exon_starts=self.exon_starts[exons],
            exon_ends=self.exon_ends[exons],
            genetic_code=genetic_code,
        )
        size = models.cds_last - models.cds_first + 1 - models.phase
        whole = (size % 3 == 0) | (genetic_code == VERTEBRATE_MITOCHONDRIAL)
        return replace(
            models,
            start_known=~models.coding | (models.start_known & (models.phase == 0)),
            stop_known=~models.coding | (models.stop_known & whole),
        )


def safe(texts: pa.BinaryArray) -> pa.BinaryArray:
    """Return ``texts`` with the characters that INFO reserves percent-encoded; nulls become empty."""
    found = pc.fill_null(texts, b"")
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    used = bytes_of(found)[offsets_of(found)[0] : offsets_of(found)[-1]] if len(found) else np.zeros(0, np.uint8)
    if not RESERVED[used].any():
        return found
    return arrow(escaped(from_list(found.to_pylist())))


def line_of(path: Path, row: int) -> int:
    """Return the 1-based number of the ``row``-th line, counted from 0, of ``path`` that is no comment nor empty."""
    with opened(path) as stream:
        for number, line in enumerate(stream, 1):
            if line.strip() and not line.startswith(COMMENT):
                row -= 1
            if row < 0:
                return number
    return 0


def note(path: Path, rows: Ints, what: Callable[[str], str]) -> str:
    """Return a sentence on the lines ``rows`` as `GeneModels.row` counts them; ``what`` completes their number.

    A negative row is of an unknown line.
    """
    placed = rows[rows >= 0]
    first = f" (first at line {line_of(path, int(placed.min())):,})" if placed.size else ""
    return f"{what(f'{rows.size:,}')}{first}."


def _genes(symbols: pa.BinaryArray, ids: pa.BinaryArray) -> tuple[Ints, pa.BinaryArray, pa.BinaryArray]:
    """Return (gene of each transcript, symbols and identifiers of the genes); a gene is a pair of the two."""
    pair = pc.binary_join_element_wise(pc.fill_null(symbols, b""), pc.fill_null(ids, b""), b"\0").dictionary_encode()
    if isinstance(pair, pa.ChunkedArray):
        pair = pair.combine_chunks()
    code = pair.indices.to_numpy().astype(np.int64)
    _, first = np.unique(code, return_index=True)
    return code, symbols.take(pa.array(first)), ids.take(pa.array(first))
