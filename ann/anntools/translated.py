"""The part of an allele that lies in a CDS: which way of judging it can take, and what comes out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools import coding
from ann.anntools.coding import UNCLEAR, Proteins
from ann.anntools.edits import Edits
from ann.anntools.frames import Frames
from ann.anntools.texts import Ints, Texts
from ann.anntools.touched import Touched
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Kind

LONGEST: Final = 1 << 16  # bases replaced or put in; of longer alleles the lengths alone are judged
BASES_AT_ONCE: Final = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Spans:
    """Q alleles that touch the CDS of their transcripts.

    ``touched``: where they lie. ``size``: int64 (Q,), how many bases of the contig are replaced. ``kind``, ``alt``: as
    in `Alleles`. ``cdna``, ``cdna_end``: int64 (Q,), first and last exonic base touched in the spliced transcript,
    1-based.
    """

    touched: Touched
    size: Ints
    kind: NDArray[np.uint8]
    alt: Texts
    cdna: Ints
    cdna_end: Ints


def judge(spans: Spans, models: Transcripts, frame: Frames) -> tuple[Ints, list[tuple[Ints, Proteins]]]:
    """Return the terms for the CDS, int64 (Q,), and what happens to the proteins of some rows."""
    touched, transcript = spans.touched, spans.touched.transcript
    first, last = models.cds_first[transcript], models.cds_last[transcript]
    sequence = spans.kind == Kind.SEQUENCE
    size = spans.size
    one_exon = touched.high - touched.low == 1
    exonic = sequence & one_exon & (spans.cdna_end - spans.cdna + 1 == size)
    # Bases that replace as many are judged one by one, whether all lie in the CDS or not.
    inside = exonic & (((spans.cdna >= first) & (spans.cdna_end <= last)) | (size == spans.alt.sizes))
    result = np.full(size.size, UNCLEAR)
    rows = np.flatnonzero(inside)
    result[rows] = _by_length(size[rows], spans.alt.sizes[rows])
    if models.spliced is None:
        return result, []
    rest = np.flatnonzero(~inside & sequence)
    lost = _ends_lost(spans, rest, models, frame)
    result[rest] = np.where(lost, lost, UNCLEAR)
    longest = np.maximum(size, spans.alt.sizes)
    beyond = rest[(exonic & (longest <= LONGEST))[rest]]
    parts = []
    if beyond.size:
        edits = _edits(spans, beyond, models, frame, whole=True)
        result[beyond], ending, proteins = coding.crossing(edits, models, frame)
        parts.append((beyond[ending], proteins))
    rows = rows[longest[rows] <= LONGEST]
    single = (size[rows] == 1) & (spans.alt.sizes[rows] == 1)
    if single.any():
        chosen = rows[single]
        result[chosen], proteins = coding.single(_edits(spans, chosen, models, frame), models, frame)
        parts.append((chosen, proteins))
    chosen = rows[~single]
    edits = _edits(spans, chosen, models, frame)
    for piece in _pieces(edits, frame):
        result[chosen[piece]], proteins = coding.general(edits.take(piece), models, frame)
        parts.append((chosen[piece], proteins))
    return result, parts


def _pieces(edits: Edits, frame: Frames) -> list[Ints]:
    """Return the rows of ``edits``, in order, in pieces whose codons do not take much memory."""
    if not len(edits):
        return []
    reading = np.where(edits.growth() % 3 != 0, frame.limit[edits.transcript], edits.last - edits.first + 1)
    done = np.cumsum(reading + edits.alt.sizes) // BASES_AT_ONCE
    return np.split(np.arange(len(edits)), np.flatnonzero(np.diff(done)) + 1)


def _by_length(size: Ints, added: Ints) -> Ints:
    """Return what the lengths alone tell."""
    growth = added - size
    result = np.where((growth > 0) & (size == 0), coding.INSERTION, np.full(size.size, UNCLEAR))
    result = np.where((growth < 0) & (added == 0), coding.DELETION, result)
    return np.where(growth % 3 != 0, coding.FRAMESHIFT, result)


def _ends_lost(spans: Spans, rows: Ints, models: Transcripts, frame: Frames) -> Ints:
    """Return whether the start and the stop codon go with alleles that reach beyond an exon or the CDS."""
    transcript = spans.touched.transcript[rows]
    first, last = models.cds_first[transcript], models.cds_last[transcript]
    start = frame.starts[transcript] & (spans.cdna[rows] <= first + 2) & (spans.cdna_end[rows] >= first)
    stop = models.stop_known[transcript] & (spans.cdna[rows] <= last) & (spans.cdna_end[rows] >= last - 2)
    return start * np.int64(coding.START_LOST) | stop * np.int64(coding.STOP_LOST)


def _edits(spans: Spans, rows: Ints, models: Transcripts, frame: Frames, *, whole: bool = False) -> Edits:
    """Return the chosen alleles as replacements of bases of the CDS, or with all their bases."""
    transcript, forward = spans.touched.transcript[rows], spans.touched.forward[rows]
    alt = spans.alt.take(rows)
    first, last = spans.cdna[rows], spans.cdna_end[rows]
    base = frame.first[transcript]
    if not whole:
        # Bases outside the CDS are cut off at either end; ALT stands in the direction of the contig.
        early = np.maximum(models.cds_first[transcript] - first, 0)
        late = np.maximum(last - models.cds_last[transcript], 0)
        before, after = np.where(forward, early, late), np.where(forward, late, early)
        alt = Texts(alt.data, alt.starts + before, alt.sizes - before - after)
        first, last = first + early, last - late
    return Edits(transcript=transcript, first=first - base, last=last - base, alt=alt, forward=forward)
