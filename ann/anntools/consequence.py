"""What alleles do to transcripts: pairs, terms, places and proteins, column by column.

Terms are those of Ensembl VEP (https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools import peptides, splice, touched, translated
from ann.anntools.coding import Proteins
from ann.anntools.effects import BIT, Effects, Note, PeptideChange, severity
from ann.anntools.frames import frames
from ann.anntools.intervals import portions
from ann.anntools.shifting import replaced, rotated
from ann.anntools.texts import Bytes, Ints, Texts
from ann.anntools.touched import Touched
from ann.anntools.transcripts import Transcripts
from ann.anntools.translated import Spans
from ann.anntools.variants import Alleles, Kind

PAIRS_AT_ONCE: Final = 500_000
UPSTREAM, DOWNSTREAM = BIT["upstream_gene_variant"], BIT["downstream_gene_variant"]
ABLATION, AMPLIFICATION = BIT["transcript_ablation"], BIT["transcript_amplification"]
TRUNCATION, ELONGATION = BIT["feature_truncation"], BIT["feature_elongation"]
UTR5, UTR3 = BIT["5_prime_UTR_variant"], BIT["3_prime_UTR_variant"]
NON_CODING_EXON = BIT["non_coding_transcript_exon_variant"]
NON_CODING, INTRON = BIT["non_coding_transcript_variant"], BIT["intron_variant"]


@dataclass(frozen=True)
class Contig:
    """What is known of a contig: its alleles, its transcripts and, where they are at hand, its bases."""

    alleles: Alleles
    models: Transcripts
    sequence: Bytes | None


@dataclass(frozen=True)
class Columns:
    """The columns of `Effects` for P pairs while they are filled, row by row those of ``allele``."""

    allele: Ints
    transcript: Ints
    terms: Ints
    distance: NDArray[np.int32]
    exon: NDArray[np.int32]
    intron: NDArray[np.int32]
    cdna: NDArray[np.int32]
    cds: NDArray[np.int32]
    protein: NDArray[np.int32]
    notes: NDArray[np.uint8]


def effects(alleles: Alleles, transcripts: Transcripts, sequence: Bytes | None, flank: int, most: int) -> Effects:
    """Return what the alleles do to the transcripts of their contig.

    ``sequence``: the contig's bases as uint8 capitals, None where they are not at hand. ``flank``: how many bases
    beside a transcript still belong to its neighbourhood. Of each allele the first ``most`` transcripts on the contig
    are looked at. Alleles that change nothing, and stars, do nothing. Notes on a transcript stand where its CDS is
    touched.
    """
    contig = Contig(alleles, transcripts, sequence)
    rows = np.flatnonzero((alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING))
    if not len(transcripts):
        rows = rows[:0]
    first = alleles.start[rows] - flank
    last = np.maximum(alleles.end[rows] + flank, first)
    if not rows.size:
        return _some(contig, rows, rows)
    parts = []
    for begin, end in portions(np.minimum(transcripts.bodies.count(first, last), most), PAIRS_AT_ONCE):
        span, transcript = transcripts.bodies.overlaps(first[begin:end], last[begin:end], most)
        parts.append(_some(contig, rows[begin:end][span], transcript))
    return _joined(parts)


def _some(contig: Contig, allele: Ints, transcript: Ints) -> Effects:
    """Return the effects of pairs of allele and transcript, ascending."""
    models = contig.models
    start, end = contig.alleles.start[allele], contig.alleles.end[allele]
    before, after = models.starts[transcript] - end, start - models.ends[transcript]
    empty = {name: np.zeros(allele.size, np.int32) for name in ("exon", "intron", "cdna", "cds", "protein")}
    columns = Columns(
        allele=allele,
        transcript=transcript,
        terms=np.where((before > 0) == (models.strand[transcript] > 0), UPSTREAM, DOWNSTREAM),
        distance=np.maximum(np.maximum(before, after), 0).astype(np.int32),
        notes=np.zeros(allele.size, np.uint8),
        **empty,
    )
    inside = np.flatnonzero(columns.distance == 0)
    hit = touched.touch(models, transcript[inside], start[inside], end[inside])
    columns.terms[inside] = INTRON
    columns.intron[inside] = hit.between()
    change = None if models.spliced is None else peptides.none()
    near = np.flatnonzero(~splice.deep(hit, models))
    if near.size:
        proteins = _near(contig, columns, inside[near], hit.take(near))
        change = None if models.spliced is None else peptides.changes(proteins)
    lacking = inside[~models.coding[transcript[inside]]]
    columns.terms[lacking] |= np.where(columns.terms[lacking] & NON_CODING_EXON, 0, NON_CODING)
    _whole(contig, columns, inside)
    return _sorted(columns, change)


def _near(contig: Contig, columns: Columns, pairs: Ints, hit: Touched) -> list[tuple[Ints, Proteins]]:
    """Fill the rows ``pairs``, which touch exons or lie near them; return what happens to proteins."""
    models, allele = contig.models, columns.allele[pairs]
    start, end = contig.alleles.start[allele], contig.alleles.end[allele]
    alt = contig.alleles.alt.take(allele)
    moves = splice.shifts(start, end, alt, contig.sequence)
    hit, moved = splice.past_acceptor(hit, models, moves)
    alt = _turned(alt, moved)
    hit = splice.into_intron(hit, models, moves)
    columns.intron[pairs] = hit.intron(models)
    columns.terms[pairs] = splice.terms(hit, models, moves)
    move = splice.into_exon(hit, models, moves)
    rows = np.flatnonzero(hit.exonic())
    pairs, hit = pairs[rows], hit.moved(move).take(rows)
    cdna, cdna_end = hit.cdna(models)
    columns.exon[pairs], columns.cdna[pairs] = hit.exon(), cdna
    translates = models.coding[hit.transcript]
    first, last = models.cds_first[hit.transcript], models.cds_last[hit.transcript]
    # An insertion at the border of the CDS lies in the untranslated region.
    parts = np.where(np.minimum(cdna, cdna_end) < first, UTR5, 0)
    parts |= np.where(np.maximum(cdna, cdna_end) > last, UTR3, 0)
    columns.terms[pairs] |= np.where(translates, parts, NON_CODING_EXON)
    within = np.flatnonzero(translates & (cdna <= last) & (cdna_end >= first))
    chosen = rows[within]
    spans = Spans(
        touched=hit.take(within),
        size=(end - start + 1)[chosen],
        kind=contig.alleles.kind[allele[chosen]],
        alt=alt.take(chosen),
        cdna=cdna[within],
        cdna_end=cdna_end[within],
    )
    return _translated(models, columns, pairs[within], spans)


def _turned(alt: Texts, move: Ints) -> Texts:
    """Return the bases of insertions that were moved to the right by ``move``; 0 leaves them as they are."""
    rows = np.flatnonzero(move)
    return replaced(alt, rows, rotated(alt.take(rows), move[rows]))


def _translated(models: Transcripts, columns: Columns, pairs: Ints, spans: Spans) -> list[tuple[Ints, Proteins]]:
    """Fill the rows ``pairs``, which touch the CDS; return what happens to proteins."""
    transcript, frame = columns.transcript[pairs], frames(models)
    place = np.maximum(spans.cdna - models.cds_first[transcript], 0)
    columns.cds[pairs] = place + 1
    columns.protein[pairs] = np.maximum((place - models.phase[transcript]) // 3 + 1, 0)
    columns.notes[pairs] = frame.notes[transcript]
    if models.spliced is None:
        columns.notes[pairs] |= np.uint8(Note.W2)
    terms, proteins = translated.judge(spans, models, frame)
    columns.terms[pairs] |= terms
    return [(pairs[rows], protein) for rows, protein in proteins]


def _whole(contig: Contig, columns: Columns, inside: Ints) -> None:
    """Say where a transcript is lost, doubled, shortened or lengthened as a whole."""
    alleles, models = contig.alleles, contig.models
    kind = alleles.kind[columns.allele[inside]]
    long = alleles.end[columns.allele[inside]] > alleles.start[columns.allele[inside]]
    rows = inside[(kind != Kind.SEQUENCE) | long]
    allele, transcript = columns.allele[rows], columns.transcript[rows]
    kind = alleles.kind[allele]
    whole = (alleles.start[allele] <= models.starts[transcript]) & (alleles.end[allele] >= models.ends[transcript])
    gone = (kind == Kind.DELETION) | ((kind == Kind.SEQUENCE) & (alleles.alt.sizes[allele] == 0))
    doubled = kind == Kind.DUPLICATION
    columns.terms[rows[kind == Kind.DELETION]] |= TRUNCATION
    columns.terms[rows[doubled | (kind == Kind.INSERTION)]] |= ELONGATION
    columns.terms[rows[whole & gone]] = ABLATION
    columns.terms[rows[whole & doubled]] = AMPLIFICATION


def _sorted(columns: Columns, change: PeptideChange | None) -> Effects:
    """Order the pairs of each allele by severity; they come ordered by allele and transcript."""
    order = np.lexsort((severity(columns.terms), columns.allele))
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    ordered = {name: column[order] for name, column in vars(columns).items()}
    return Effects(**ordered, peptides=None if change is None else peptides.moved(change, place))


def _joined(parts: list[Effects]) -> Effects:
    """Return the effects of all parts as one."""
    if len(parts) == 1:
        return parts[0]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0]) if name != "peptides"
    }
    shifts = np.cumsum([0, *(len(part) for part in parts[:-1])]).tolist()
    changes = [part.peptides for part in parts if part.peptides is not None]
    return Effects(**columns, peptides=peptides.joined(changes, shifts) if changes else None)
