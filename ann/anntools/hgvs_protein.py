"""HGVS names at the level of proteins, ``p.``, with three-letter codes and ``Ter`` for a stop.

HGVS nomenclature 21, protein recommendations. An unchanged amino acid is written ``%3D`` for HGVS's ``=``, which INFO
reserves before VCF 4.3 and which VEP encodes in the same way. A new stop is counted from the first amino acid that
changes, which is 1 in ``fsTer`` and the old stop, 0, in ``extTer``; ``?`` says that the transcript ends before it.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.amino_words import (
    EMPTY,
    LONGER_OPEN,
    LONGER_TO,
    NAMES,
    PLAIN,
    SAME,
    SHIFT,
    SHIFT_OPEN,
    SHIFT_TO,
    STOP,
    UNKNOWN,
    Name,
    Rows,
    letter,
)
from ann.anntools.effects import BIT, PeptideChange
from ann.anntools.hgvs_inframe import inframe
from ann.anntools.shifting import steps_holding
from ann.anntools.texts import Bools, Bytes, Ints, Texts, decimals, glue
from ann.anntools.transcripts import Transcripts

LONGEST = 3_000  # amino acids put in that a name spells out; changes with more have no name, which bounds memory


def protein(change: PeptideChange, transcripts: Transcripts, transcript: Ints, terms: Ints) -> pa.BinaryArray:
    """Return the HGVS names of C changes of proteins, binary (C,).

    ``transcript``: int64 (C,), rows of ``transcripts``, which have their spliced sequences. ``terms``: int64 (C,), sets
    of TERMS. A lost start is ``p.Met1?``, whatever follows. Empty where nothing is known of the amino acids, and where
    a frame that is kept puts in more than LONGEST.
    """
    lost = (terms & BIT["start_lost"]) != 0
    ref, alt = _first(change.ref), _first(change.alt)
    single = (change.ref.sizes == 1) & (change.alt.sizes == 1) & ~change.frameshift
    simple = single & ~lost & ((ref != STOP) | (alt == STOP))
    if simple.all():
        return _substituted(ref, alt, change.first)
    long = ~change.frameshift & (change.alt.sizes > LONGEST)
    group = np.select([lost, simple, change.frameshift, long], [0, 1, 2, 3], 4)
    starts, plain, shifts, unnamed, others = (np.flatnonzero(group == number) for number in range(5))
    names = [
        pa.array([b"p.Met1?"] * starts.size, pa.binary()),
        _substituted(ref[plain], alt[plain], change.first[plain]),
        _shifts(Rows.of(change, transcripts, transcript, shifts)),
        pa.array([b""] * unnamed.size, pa.binary()),
        inframe(Rows.of(change, transcripts, transcript, others)),
    ]
    rows = np.empty(len(change.ref), np.int64)
    rows[np.concatenate((starts, plain, shifts, unnamed, others))] = np.arange(rows.size)
    return pa.concat_arrays(names).take(pa.array(rows))


def _substituted(ref: Bytes, alt: Bytes, place: Ints) -> pa.BinaryArray:
    """Name one amino acid in place of one."""
    names = glue(b"p.", NAMES.take(pa.array(ref)), decimals(place), NAMES.take(pa.array(alt)))
    same = ref == alt
    if same.any():
        unchanged = glue(b"p.", NAMES.take(pa.array(ref)), decimals(place), b"%3D")
        names = pc.if_else(pa.array(same), unchanged, names)
    unknown = ((ref == UNKNOWN) & (alt == UNKNOWN)) | (place < 1)
    return pc.if_else(pa.array(unknown), EMPTY, names) if unknown.any() else names


def _shifts(rows: Rows) -> pa.BinaryArray:
    """Name shifted frames by the first amino acid that changes, and how far it is to the new stop."""

    def same(row: Ints, steps: Ints) -> Bools:
        alike: Bools = letter(rows.alt, row, steps) == rows.own(rows.first[row] + steps, row)
        return alike & (steps < rows.alt.sizes[row])

    size = rows.alt.sizes
    kept = steps_holding(len(rows), same, int(size.max(initial=0)))
    every = np.arange(len(rows))
    stopped = letter(rows.alt, every, size - 1) == STOP
    retained = stopped & (kept == size)
    place = rows.first + kept - retained
    new, own = letter(rows.alt, every, kept), rows.own(place)
    exhausted, extended = kept >= size, (own == STOP) & ~retained
    suffix = np.select(
        [retained, exhausted, new == STOP, extended & stopped, extended, stopped],
        [SAME, SHIFT, PLAIN, LONGER_TO, LONGER_OPEN, SHIFT_TO],
        SHIFT_OPEN,
    )
    letters = Texts(rows.alt.data, rows.alt.starts + kept, np.where(exhausted, 0, 1))
    number = size - kept - extended
    none = np.zeros(len(rows), np.int64)
    return Name(place, place, none, letters, suffix, number).written(rows, ~(exhausted & extended))


def _first(texts: Texts) -> Bytes:
    return letter(texts, np.arange(len(texts)), np.zeros(len(texts), np.int64))
