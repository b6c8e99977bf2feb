"""What alleles do to transcripts: pairs, terms, places and proteins, column by column.

Terms are those of Ensembl VEP (https://www.ensembl.org/info/genome/variation/prediction/predicted_data.html).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools import peptides, splice, touched, translated
from ann.anntools.effects import BIT, Effects, Note, PeptideChange, severity
from ann.anntools.frames import frames
from ann.anntools.texts import Bytes, Ints
from ann.anntools.touched import Touched
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

PAIRS_AT_ONCE: Final = 500_000
UPSTREAM, DOWNSTREAM = BIT["upstream_gene_variant"], BIT["downstream_gene_variant"]
ABLATION, AMPLIFICATION = BIT["transcript_ablation"], BIT["transcript_amplification"]
TRUNCATION, ELONGATION = BIT["feature_truncation"], BIT["feature_elongation"]
UTR5, UTR3 = BIT["5_prime_UTR_variant"], BIT["3_prime_UTR_variant"]
NON_CODING_EXON = BIT["non_coding_transcript_exon_variant"]
NON_CODING, INTRON = BIT["non_coding_transcript_variant"], BIT["intron_variant"]


def effects(alleles: Alleles, transcripts: Transcripts, sequence: Bytes | None, flank: int, most: int) -> Effects:
    """Return what the alleles do to the transcripts of their contig.

    ``sequence``: the contig's bases as uint8 capitals, None where they are not at hand. ``flank``: how many bases
    beside a transcript still belong to its neighbourhood. Of each allele the first ``most`` transcripts on the contig
    are looked at. Alleles that change nothing, and stars, do nothing.
    """
    rows = np.flatnonzero((alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING))
    first, last = _reach(alleles, rows, flank)
    counts = np.minimum(transcripts.bodies.count(first, last), most) if len(transcripts) else np.zeros_like(rows)
    parts = []
    done, total = 0, np.cumsum(counts)
    while done < rows.size:
        limit = total[done] - counts[done] + PAIRS_AT_ONCE
        stop = max(done + 1, int(np.searchsorted(total, limit, side="right")))
        if total[stop - 1] > total[done] - counts[done]:
            parts.append(_some(alleles, rows[done:stop], transcripts, sequence, flank, most))
        done = stop
    return _joined(parts, transcripts)


def _reach(alleles: Alleles, rows: Ints, flank: int) -> tuple[Ints, Ints]:
    start, end = alleles.start[rows], alleles.end[rows]
    return start - flank, np.maximum(end + flank, start - flank)


def _some(alleles: Alleles, rows: Ints, models: Transcripts, sequence: Bytes | None, flank: int, most: int) -> Effects:
    """Return the effects of the alleles ``rows``."""
    span, transcript = models.bodies.overlaps(*_reach(alleles, rows, flank), most)
    allele = rows[span]
    start, end = alleles.start[allele], alleles.end[allele]
    count = allele.size
    before, after = models.starts[transcript] - end, start - models.ends[transcript]
    distance = np.maximum(np.maximum(before, after), 0).astype(np.int32)
    upstream = (before > 0) == (models.strand[transcript] > 0)
    terms = np.where(upstream, UPSTREAM, DOWNSTREAM)
    columns = {name: np.zeros(count, np.int32) for name in ("exon", "intron", "cdna", "cds", "protein")}
    notes = np.zeros(count, np.uint8)
    inside = np.flatnonzero(distance == 0)
    hit = touched.touch(models, transcript[inside], start[inside], end[inside])
    terms[inside] = splice.INTRON
    far = splice.deep(hit, models)
    columns["intron"][inside] = hit.between()
    change: PeptideChange | None = None if models.spliced is None else peptides.none()
    near = np.flatnonzero(~far)
    if near.size:
        pairs = inside[near]
        terms[pairs], change = _near(
            alleles, allele[pairs], pairs, hit.take(near), models, sequence, columns=columns, notes=notes
        )
    lacking = inside[~models.coding[transcript[inside]]]
    terms[lacking] |= np.where(terms[lacking] & NON_CODING_EXON, 0, NON_CODING)
    terms[inside] = _whole(alleles, allele[inside], models, transcript[inside], terms[inside])
    return _sorted(
        Effects(
            allele=allele,
            transcript=transcript,
            terms=terms,
            distance=distance,
            notes=notes,
            peptides=change,
            **columns,
        )
    )


def _near(
    alleles: Alleles,
    allele: Ints,
    pairs: Ints,
    hit: Touched,
    models: Transcripts,
    sequence: Bytes | None,
    *,
    columns: dict[str, NDArray[np.int32]],
    notes: NDArray[np.uint8],
) -> tuple[Ints, PeptideChange | None]:
    """Return the terms of ``pairs`` that touch exons or lie near them; fill their rows of ``columns`` and ``notes``."""
    start, end, alt = alleles.start[allele], alleles.end[allele], alleles.alt.take(allele)
    moves = splice.shifts(start, end, alt, sequence)
    hit = splice.into_intron(hit, models, moves)
    columns["intron"][pairs] = hit.intron(models)
    result = splice.terms(hit, models, moves)
    move = splice.into_exon(hit, models, moves)
    start, end, hit = start + move, end + move, hit.moved(move)
    exonic = np.flatnonzero(hit.exonic())
    spliced = hit.take(exonic)
    columns["exon"][pairs[exonic]] = spliced.exon()
    cdna, cdna_end = spliced.cdna(models)
    columns["cdna"][pairs[exonic]] = cdna
    transcript = spliced.transcript
    translates = models.coding[transcript]
    first, last = models.cds_first[transcript], models.cds_last[transcript]
    # An insertion at the border of the CDS lies in the untranslated region.
    early, late = np.minimum(cdna, cdna_end) < first, np.maximum(cdna, cdna_end) > last
    parts = np.where(early, UTR5, 0) | np.where(late, UTR3, 0)
    result[exonic] |= np.where(translates, parts, NON_CODING_EXON)
    within = np.flatnonzero(translates & (cdna <= last) & (cdna_end >= first))
    rows = exonic[within]
    spans = translated.Spans(
        touched=spliced.take(within),
        start=start[rows],
        end=end[rows],
        kind=alleles.kind[allele[rows]],
        alt=alt.take(rows),
        cdna=cdna[within],
        cdna_end=cdna_end[within],
    )
    frame = frames(models)
    coding_terms, proteins = translated.judge(spans, models, frame)
    result[rows] |= coding_terms
    place = np.maximum(cdna, first)[within] - first[within] + 1
    columns["cds"][pairs[rows]] = place
    columns["protein"][pairs[rows]] = np.maximum((place - 1 - models.phase[transcript[within]]) // 3 + 1, 0)
    notes[pairs[rows]] = frame.notes[transcript[within]]
    if models.spliced is None:
        notes[pairs[rows]] |= np.uint8(Note.W2)
        return result, None
    return result, peptides.changes([(pairs[rows[chosen]], change) for chosen, change in proteins])


def _whole(alleles: Alleles, allele: Ints, models: Transcripts, transcript: Ints, terms: Ints) -> Ints:
    """Return ``terms`` with what losing, doubling or lengthening the transcript adds."""
    kind = alleles.kind[allele]
    special = np.flatnonzero((kind != Kind.SEQUENCE) | (alleles.end[allele] - alleles.start[allele] > 0))
    if not special.size:
        return terms
    allele, transcript, kind = allele[special], transcript[special], kind[special]
    whole = alleles.start[allele] <= models.starts[transcript]
    whole &= alleles.end[allele] >= models.ends[transcript]
    gone = (kind == Kind.DELETION) | ((kind == Kind.SEQUENCE) & (alleles.alt.sizes[allele] == 0))
    doubled = kind == Kind.DUPLICATION
    result = terms.copy()
    added = np.select([kind == Kind.DELETION, doubled | (kind == Kind.INSERTION)], [TRUNCATION, ELONGATION], 0)
    result[special] |= added
    result[special[whole & gone]] = ABLATION
    result[special[whole & doubled]] = AMPLIFICATION
    return result


def _sorted(found: Effects) -> Effects:
    """Order the pairs of each allele by severity; they come ordered by allele and transcript."""
    order = np.lexsort((severity(found.terms), found.allele))
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    change = found.peptides
    columns = {name: column[order] for name, column in vars(found).items() if name != "peptides"}
    return Effects(**columns, peptides=None if change is None else peptides.moved(change, place))


def _joined(parts: list[Effects], models: Transcripts) -> Effects:
    """Return the effects of all parts as one."""
    if len(parts) == 1:
        return parts[0]
    types = {name: np.int64 for name in ("allele", "transcript", "terms")}
    types |= {name: np.int32 for name in ("exon", "intron", "cdna", "cds", "protein", "distance")}
    types |= {"notes": np.uint8}
    columns = {
        name: np.concatenate([np.zeros(0, kind), *(getattr(part, name) for part in parts)])
        for name, kind in types.items()
    }
    shifts = np.cumsum([0, *(len(part) for part in parts)])[:-1].tolist() if parts else []
    changes = [part.peptides for part in parts if part.peptides is not None]
    change = None if models.spliced is None else peptides.none()
    if changes:
        change = peptides.joined(changes, shifts)
    return Effects(**columns, peptides=change)
