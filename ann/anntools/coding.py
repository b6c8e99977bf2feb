"""What alleles within a CDS do to its codons.

Two ways lead there: a table look-up for single bases, and the translation of edited codons for everything else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ann.anntools import codons
from ann.anntools.edits import CODON, Edits, begins_as_before, edited_codons, to_stop
from ann.anntools.effects import BIT
from ann.anntools.frames import Frames, codon
from ann.anntools.texts import Bytes, Ints, Texts
from ann.anntools.touched import Flags
from ann.anntools.transcripts import Transcripts

METHIONINE = ord("M")
UNCLEAR = BIT["coding_sequence_variant"]
FRAMESHIFT = BIT["frameshift_variant"]
INSERTION, DELETION = BIT["inframe_insertion"], BIT["inframe_deletion"]
STOP_GAINED, STOP_LOST = BIT["stop_gained"], BIT["stop_lost"]
STOP_RETAINED, START_RETAINED = BIT["stop_retained_variant"], BIT["start_retained_variant"]
START_LOST, SYNONYMOUS, MISSENSE = BIT["start_lost"], BIT["synonymous_variant"], BIT["missense_variant"]
ALTERING, INCOMPLETE = BIT["protein_altering_variant"], BIT["incomplete_terminal_codon_variant"]


@dataclass(frozen=True, kw_only=True)
class Proteins:
    """Amino acids before and after E edits, as `PeptideChange` has them; ``first`` is 0-based."""

    ref: Texts
    alt: Texts
    first: Ints
    frameshift: Flags


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Whether each edit touches the first, and the last codon of a CDS whose beginning, and end, are known."""

    start: Flags
    stop: Flags


def ends(edits: Edits, models: Transcripts, frame: Frames) -> Ends:
    """Return which ends of the CDS the edits touch."""
    t = edits.transcript
    start = frame.starts[t] & (edits.first < CODON)
    last = frame.codons[t] - 1
    return Ends(start=start, stop=models.stop_known[t] & (np.maximum(edits.last, edits.first) // 3 >= last))


def single(edits: Edits, models: Transcripts, frame: Frames) -> tuple[Ints, Proteins]:
    """Return the terms and the amino acids of edits of one base into another."""
    t, place = edits.transcript, edits.first
    rows = np.arange(len(edits))
    number = place // 3
    bases = [frame.read(t, 3 * number + shift) for shift in range(3)]
    old = codons.codes(*bases)
    new_base = edits.new_base(rows, np.zeros(rows.size, np.int64))
    new = codons.codes(*(np.where(place % 3 == shift, new_base, bases[shift]) for shift in range(3)))
    ref, alt = codons.amino_acids(old, frame.genetic_code), codons.amino_acids(new, frame.genetic_code)
    inner = number < frame.codons[t] - 1
    ref = np.where(_selenocysteine(old, ref, inner), np.uint8(codons.SELENOCYSTEINE), ref)
    at = ends(edits, models, frame)
    same = ref == alt
    stops, stopped = ref == codons.STOP, alt == codons.STOP
    result = np.select(
        [stops & stopped, stops & (at.stop | inner), stops, stopped, same],
        [STOP_RETAINED, STOP_LOST, UNCLEAR, STOP_GAINED, SYNONYMOUS],
        MISSENSE,
    )
    kept = at.start & (same | _begins(new, frame.genetic_code))
    result[kept] = START_RETAINED | np.where(same, SYNONYMOUS, 0)[kept]
    result[at.start & ~kept] = START_LOST
    unknown = (ref == codons.UNKNOWN) | (alt == codons.UNKNOWN)
    result[unknown] = UNCLEAR
    result = _partial(result, edits, frame)
    return result, Proteins(
        ref=Texts(ref, rows, np.ones(rows.size, np.int64)),
        alt=Texts(alt, rows, np.ones(rows.size, np.int64)),
        first=number,
        frameshift=np.zeros(rows.size, np.bool_),
    )


def _selenocysteine(codon: NDArray[np.uint8], acid: Bytes, inner: Flags) -> Flags:
    """Whether a codon is a TGA that is read over: one before the last codon of what the source translates."""
    result: Flags = (codon == codons.TGA) & (acid == codons.STOP) & inner
    return result


def _begins(codon: NDArray[np.uint8], genetic_code: int) -> Flags:
    """Whether a changed first codon still begins a protein: other start codons than those of Met are none to VEP."""
    result: Flags = codons.amino_acids(codon, genetic_code) == METHIONINE
    return result


def _partial(result: Ints, edits: Edits, frame: Frames) -> Ints:
    """Replace the terms of edits that touch a codon of which a part is missing."""
    before = edits.first < 0
    last = np.maximum(edits.last, edits.first)
    after = last >= 3 * frame.codons[edits.transcript]
    result = np.where(before | after, UNCLEAR | (result & FRAMESHIFT), result)
    return np.where(after, result | INCOMPLETE, result)


def general(edits: Edits, models: Transcripts, frame: Frames) -> tuple[Ints, Proteins]:
    """Return the terms and the amino acids of edits of any length."""
    number = edits.first // 3
    touched = np.maximum(edits.last, edits.first) // 3 - number + 1
    shifted = edits.growth() % 3 != 0
    ref_row, ref_place = codons.reading(3 * number, touched)
    owner = edits.transcript[ref_row]
    old = codons.codes(*(frame.read(owner, ref_place + shift) for shift in range(3)))
    ref = codons.amino_acids(old, frame.genetic_code)
    inner = ref_place // 3 < frame.codons[owner] - 1
    ref = np.where(_selenocysteine(old, ref, inner), np.uint8(codons.SELENOCYSTEINE), ref)
    ref_texts = Texts(ref, np.cumsum(touched) - touched, touched)
    whole = np.maximum(3 * touched + edits.growth(), 0) // 3
    alt_texts, first_codon = _edited(edits, frame, whole, ref_texts)
    at = _moved(ends(edits, models, frame), edits, frame, first_codon)
    kept = at.start & _begins(first_codon, frame.genetic_code) & ~shifted
    kept |= at.start & shifted & (edits.last < edits.first) & _as_before(edits, frame, first_codon)
    terms = _terms(edits, frame, at, kept, (ref_texts, alt_texts))
    # An indel that leaves the start codon in front of all that follows it changes no amino acid.
    intact = np.flatnonzero((terms == START_RETAINED) & (edits.growth() != 0))
    if intact.size:
        alt_texts = _replaced(alt_texts, intact, ref_texts.take(intact))
        shifted[intact] = False
    rows = np.flatnonzero(shifted)
    if rows.size:
        alt_texts = _replaced(alt_texts, rows, to_stop(edits.take(rows), frame))
    rows = np.flatnonzero((edits.growth() != 0) & (edits.first >= 0) & models.stop_known[edits.transcript])
    terms[rows] = _settled(terms[rows], alt_texts.take(rows), edits.take(rows), shifted[rows], frame)
    return terms, Proteins(ref=ref_texts, alt=alt_texts, first=number, frameshift=shifted)


def _as_before(edits: Edits, frame: Frames, first_codon: NDArray[np.uint8]) -> Flags:
    """Whether the first codon touched still stands for the same amino acid."""
    old = codon(frame, edits.transcript, edits.first // CODON * CODON)
    result: Flags = codons.amino_acids(old, frame.genetic_code) == codons.amino_acids(first_codon, frame.genetic_code)
    return result


def _moved(at: Ends, edits: Edits, frame: Frames, first_codon: NDArray[np.uint8]) -> Ends:
    """Return ``at`` without the starts that indels leave as they are, so that they can be written behind them.

    ``first_codon``: the first codon after each edit.
    """
    rows = np.flatnonzero(at.start & (edits.growth() != 0))
    start = at.start.copy()
    same = first_codon[rows] == codon(frame, edits.transcript[rows], edits.first[rows] // CODON * CODON)
    start[rows] = ~same | begins_as_before(edits.take(rows), frame)
    return Ends(start=start, stop=at.stop)


def _edited(edits: Edits, frame: Frames, whole: Ints, ref: Texts) -> tuple[Texts, NDArray[np.uint8]]:
    """Return the first ``whole`` amino acids after each edit, and the first codon."""
    row, place = codons.reading(np.zeros(len(edits), np.int64), whole)
    codon = edited_codons(edits, frame, row, place)
    acids = codons.amino_acids(codon, frame.genetic_code)
    starts = np.cumsum(whole) - whole
    # Bases inserted between two codons leave the codon behind them as it was read before.
    between = np.flatnonzero((edits.last < edits.first) & (edits.first % 3 == 0) & (edits.growth() % 3 == 0))
    acids[(starts + whole - 1)[between]] = ref.data[ref.starts[between]]
    rows = np.arange(len(edits))
    return Texts(acids, starts, whole), edited_codons(edits, frame, rows, np.zeros(rows.size, np.int64))


def has(texts: Texts, acid: int) -> Flags:
    """Whether each text has the amino acid."""
    found = np.concatenate(([0], np.cumsum(texts.data == acid)))
    result: Flags = found[texts.starts + texts.sizes] > found[texts.starts]
    return result


def crossing(edits: Edits, models: Transcripts, frame: Frames) -> tuple[Ints, Ints, Proteins]:
    """Return the terms of edits in an exon that reach beyond the CDS: whether its first and last codon stay.

    Of those that begin in the CDS the rows and what becomes of the protein's end follow, read on as shifted frames are.
    """
    result = np.zeros(len(edits), np.int64)
    start = np.flatnonzero(frame.starts[edits.transcript] & (edits.first < CODON))
    as_before = begins_as_before(edits.take(start), frame)
    result[start] = np.where(as_before, START_RETAINED, START_LOST)
    last = frame.codons[edits.transcript] - 1
    ends_too = models.stop_known[edits.transcript] & (edits.last // CODON >= last)
    result[ends_too & (edits.first < 0)] |= STOP_LOST
    stop = np.flatnonzero(ends_too & (edits.first >= 0))
    ending = edits.take(stop)
    number = ending.first // CODON
    size = last[stop] - number + 1
    row, place = codons.reading(CODON * number, size)
    acids = codons.amino_acids(codon(frame, ending.transcript[row], place), frame.genetic_code)
    old, new = Texts(acids, np.cumsum(size) - size, size), to_stop(ending, frame)
    result[stop] |= np.where(_equal(old, new), STOP_RETAINED, STOP_LOST)
    proteins = Proteins(ref=old, alt=new, first=number, frameshift=np.ones(stop.size, np.bool_))
    return np.where(result == 0, UNCLEAR, result), stop, proteins


def _equal(one: Texts, other: Texts) -> Flags:
    """Whether two columns of texts are equal, row by row."""
    alike: Flags = one.sizes == other.sizes
    rows = np.flatnonzero(alike)
    left, right = one.take(rows).flat(), other.take(rows).flat()
    owner = np.repeat(rows, one.sizes[rows])
    alike[owner[left != right]] = False
    return alike


def _terms(edits: Edits, frame: Frames, at: Ends, kept: Flags, proteins: tuple[Texts, Texts]) -> Ints:
    """Return the terms of edits; ``kept``: whether the first codon, touched, still is a start codon."""
    ref, alt = proteins
    growth = edits.growth()
    pure = (edits.alt.sizes == 0) | (edits.last < edits.first)
    same = _equal(ref, alt)
    size = np.select(
        [growth % 3 != 0, (growth > 0) & pure, (growth < 0) & pure, growth != 0],
        [FRAMESHIFT, INSERTION, DELETION, ALTERING],
        np.where(same, SYNONYMOUS, MISSENSE),
    )
    stops, stopped = has(ref, codons.STOP), has(alt, codons.STOP)
    gained, lost, retained = stopped & ~stops, stops & ~stopped, stopped & stops
    length = np.where((growth % 3 == 0) & (growth != 0), np.where(growth > 0, INSERTION, DELETION), size)
    replaced = size & (MISSENSE | SYNONYMOUS)
    result = np.where(gained, STOP_GAINED | (length & ~replaced), size)
    inner = np.maximum(edits.last, edits.first) // 3 < frame.codons[edits.transcript] - 1
    result = np.where(lost, np.where(at.stop | inner, STOP_LOST, UNCLEAR) | (size & ~replaced), result)
    result = np.where(retained, STOP_RETAINED | (size & ~replaced) | np.where(same, 0, size), result)
    unknown = has(ref, codons.UNKNOWN) | has(alt, codons.UNKNOWN)
    result = np.where(unknown & (growth == 0), UNCLEAR, result)
    kept = kept | (at.start & same & (growth == 0))
    result = np.where(kept, START_RETAINED | (result & ~np.where(same, 0, replaced)), result)
    result = np.where(at.start & ~kept, START_LOST | (result & ~(FRAMESHIFT | replaced)), result)
    longer = np.flatnonzero(at.start & (growth != 0))
    result[longer[begins_as_before(edits.take(longer), frame)]] = START_RETAINED
    return _partial(result, edits, frame)


def _settled(terms: Ints, alt: Texts, edits: Edits, shifted: Flags, frame: Frames) -> Ints:
    """Correct the terms of indels in CDS whose end is known, by what becomes of the protein's end.

    One that leaves all amino acids and the stop behind them retains it, wherever it lies. A shifted frame that leaves
    all codons but the stop, so that the edit can be moved there, loses it.
    """
    number = edits.first // CODON
    left = frame.codons[edits.transcript] - number
    near = np.flatnonzero((left > 0) & (alt.sizes >= left - 1))
    row, place = codons.reading(CODON * number[near], left[near])
    acids = codons.amino_acids(codon(frame, edits.transcript[near[row]], place), frame.genetic_code)
    within = place // CODON - number[near[row]]
    new = alt.data[np.minimum(alt.starts[near[row]] + within, alt.data.size - 1)] if alt.data.size else acids
    new = np.where(within < alt.sizes[near[row]], new, np.uint8(0))
    last = within == left[near[row]] - 1
    same = np.ones(near.size, np.bool_)
    same[row[~last & (acids != new)]] = False
    same &= acids[last] == codons.STOP
    stopped = new[last] == codons.STOP
    kept, lost = near[same & stopped], near[same & ~stopped & shifted[near]]
    row, place = codons.reading(np.zeros(lost.size, np.int64), left[lost] - 1)
    old = codon(frame, edits.transcript[lost[row]], place + CODON * number[lost[row]])
    differing = row[edited_codons(edits, frame, lost[row], place) != old]
    lost = np.delete(lost, differing)
    result = terms.copy()
    result[kept] = STOP_RETAINED | (terms[kept] & START_RETAINED)
    result[lost] |= STOP_LOST
    return result


def _replaced(texts: Texts, rows: Ints, new: Texts) -> Texts:
    """Return ``texts`` with ``new`` in place of ``rows``."""
    starts, sizes = texts.starts.copy(), texts.sizes.copy()
    starts[rows], sizes[rows] = new.starts + texts.data.size, new.sizes
    return Texts(np.concatenate((texts.data, new.data)), starts, sizes)
