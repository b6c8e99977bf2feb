"""HGVS names at the level of DNA: ``c.`` on transcripts that are translated, ``n.`` on others.

HGVS nomenclature 21, DNA recommendations. ``c.1`` is the first base of the CDS; where a CDS begins within a codon that
is the first base known, as in VEP, not the first one of a whole codon. There is no base 0. Bases before the CDS are
``-1``, ``-2`` and so on, bases after it ``*1`` and so on; both go on beyond the ends of the transcript, by distance on
the contig. Introns count from the nearer exonic base, ``88+2`` or ``89-1``.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.shifting import Shifted, letters, shifted
from ann.anntools.texts import NOTHING, POOL, Bools, Bytes, Ints, Texts, arrow, decimals, glue
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

LONGEST = 10_000  # inserted bases that a name spells out; alleles with more have no name, which bounds memory

COMPLEMENT = np.arange(256, dtype=np.uint8)
COMPLEMENT[np.frombuffer(b"ACGTURYKMBDHV", np.uint8)] = np.frombuffer(b"TGCAAYRMKVHDB", np.uint8)

_ALPHABET = b"ACGTNRYKMSWBDHV"  # what else stands in a record is named N
_PLACES = np.full(256, _ALPHABET.index(b"N"))
_PLACES[np.frombuffer(_ALPHABET, np.uint8)] = np.arange(len(_ALPHABET))
_SUBSTITUTIONS = pa.array([b"%c>%c" % (ref, alt) for ref in _ALPHABET for alt in _ALPHABET], pa.binary())
_HEADS = pa.array([b"n.", b"n.-", b"n.*", b"c.", b"c.-", b"c.*"], pa.binary())
_LATER_HEADS = pa.array([b"_", b"_-", b"_*"] * 2, pa.binary())
_EMPTY = pa.scalar(b"", pa.binary())
_SIGNS = pa.array([b"-", b"+"], pa.binary())
_EDITS = pa.array([b"del", b"dup", b"ins", b"delins"], pa.binary())
DEL, DUP, INS, DELINS = range(4)


def coding(
    alleles: Alleles, allele: Ints, transcripts: Transcripts, transcript: Ints, sequence: Bytes | None
) -> pa.BinaryArray:
    """Return the HGVS name of ``alleles[allele[p]]`` on ``transcript[p]``, binary (P,).

    ``allele``, ``transcript``: int64 (P,). ``sequence``: uint8, the contig's bases in capitals; without it nothing is
    shifted 3' and every insertion is an ``ins``. Empty where no name can be given: the allele is no SEQUENCE, has one
    end in the transcript and one outside or spans all of it, or puts in more than LONGEST bases.
    """
    substitution = _substitutions(alleles)[allele]
    if substitution.all():
        return _substituted(alleles, allele, transcripts, transcript)
    plain = np.flatnonzero(substitution)
    named = (alleles.kind == Kind.SEQUENCE) & (alleles.alt.sizes <= LONGEST)
    other = np.flatnonzero(named[allele] & ~substitution)
    rows = np.full(allele.size, plain.size + other.size)
    rows[plain] = np.arange(plain.size)
    rows[other] = np.arange(plain.size, plain.size + other.size)
    names = [
        _substituted(alleles, allele[plain], transcripts, transcript[plain]),
        _indels(alleles, allele[other], transcripts, transcript[other], sequence),
        NOTHING,
    ]
    return pa.concat_arrays(names).take(pa.array(rows))


def _substitutions(alleles: Alleles) -> Bools:
    """Whether each allele puts one letter in place of one."""
    one_each: Bools = (alleles.kind == Kind.SEQUENCE) & (alleles.ref.sizes == 1) & (alleles.alt.sizes == 1)
    return one_each


def _substituted(alleles: Alleles, allele: Ints, transcripts: Transcripts, transcript: Ints) -> pa.BinaryArray:
    forward = transcripts.strand[transcript] > 0
    ref = alleles.ref.data[alleles.ref.starts[allele]]
    alt = alleles.alt.data[alleles.alt.starts[allele]]
    onward = _PLACES[ref] * len(_ALPHABET) + _PLACES[alt]
    change = np.where(forward, onward, _PLACES[COMPLEMENT[ref]] * len(_ALPHABET) + _PLACES[COMPLEMENT[alt]])
    position = _position(transcripts, transcript, alleles.start[allele], _HEADS)
    return pc.binary_join_element_wise(*position, _SUBSTITUTIONS.take(pa.array(change)), b"")


def _indels(
    alleles: Alleles, allele: Ints, transcripts: Transcripts, transcript: Ints, sequence: Bytes | None
) -> pa.BinaryArray:
    """Name everything that is no substitution."""
    # The transcripts of one strand that an allele touches share all but the numbers of its bases.
    key, row = np.unique(2 * allele + (transcripts.strand[transcript] > 0), return_inverse=True)
    change = _changes(alleles, key >> 1, (key & 1) > 0, sequence)
    first, last = change.first[row], change.last[row]
    ends = glue(*_position(transcripts, transcript, last, _LATER_HEADS))
    names = glue(
        *_position(transcripts, transcript, first, _HEADS),
        pc.if_else(pa.array(first != last), ends, _EMPTY),
        change.edit.take(pa.array(row)),
    )
    nameable = change.inserted[row]
    nameable |= _side(transcripts, transcript, first) == _side(transcripts, transcript, last)
    return pc.if_else(pa.array(nameable), names, _EMPTY)


class _Changes(NamedTuple):
    """What alleles do on a strand: first and last base in its direction, whether they only insert, and the edit."""

    first: Ints
    last: Ints
    inserted: Bools
    edit: pa.BinaryArray


def _changes(alleles: Alleles, allele: Ints, forward: Bools, sequence: Bytes | None) -> _Changes:
    moved = shifted(alleles, allele, forward, sequence)
    inserted = moved.end < moved.start
    doubled = np.zeros(allele.size, np.bool_) if sequence is None else _doubled(moved, inserted, forward, sequence)
    # In the direction of the contig: what a dup repeats, the bases that an insertion stands between, or those replaced.
    size = moved.alt.sizes
    low = np.where(inserted, moved.end, moved.start)
    low = np.where(doubled, np.where(forward, moved.start - size, moved.start), low)
    high = np.where(doubled, low + size - 1, np.where(inserted, moved.start, moved.end))
    edit = np.select([doubled, inserted, size == 0], [DUP, INS, DEL], DELINS)
    written = Texts(moved.alt.data, moved.alt.starts, np.where((edit == INS) | (edit == DELINS), size, 0))
    return _Changes(
        first=np.where(forward, low, high),
        last=np.where(forward, high, low),
        inserted=inserted,
        edit=glue(_EDITS.take(pa.array(edit)), arrow(oriented(written, forward))),
    )


def _doubled(moved: Shifted, inserted: Bools, forward: Bools, sequence: Bytes) -> Bools:
    """Whether each allele inserts, once shifted, what already stands before it in the direction of the transcript."""
    sizes = np.where(inserted, moved.alt.sizes, 0)
    bases = Texts(moved.alt.data, moved.alt.starts, sizes)
    before = np.where(forward, moved.start - sizes, moved.start)
    edges = np.cumsum(sizes)
    position = np.arange(edges[-1] if edges.size else 0) + np.repeat(before - edges + sizes, sizes)
    differing = np.concatenate(([0], np.cumsum(letters(sequence, position) != bases.flat())))
    same: Bools = differing[edges] == differing[edges - sizes]
    return inserted & same


def _position(
    transcripts: Transcripts, transcript: Ints, position: Ints, heads: pa.BinaryArray
) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the pieces of the place of a base: head with - or *, number, and signed offset in an intron, no nulls."""
    first, last = transcripts.starts[transcript], transcripts.ends[transcript]
    inside = np.clip(position, first, last)
    place = transcripts.place(transcript, inside)
    cdna = place.cdna + np.where(transcripts.strand[transcript] > 0, position - inside, inside - position)
    coded = transcripts.coding[transcript]
    begin = np.where(coded, transcripts.cds_first[transcript], 1)
    end = np.where(coded, transcripts.cds_last[transcript], transcripts.lengths[transcript])
    before, after = cdna < begin, cdna > end
    number = np.where(before, begin - cdna, np.where(after, cdna - end, cdna - begin + 1))
    return (
        heads.take(pa.array(coded * np.int8(3) + before * np.int8(1) + after * np.int8(2))),
        decimals(number),
        _offsets_of(place.offset),
    )


def _offsets_of(offset: Ints) -> pa.BinaryArray:
    """Return offsets with their sign, empty for 0."""
    near = np.abs(offset) < POOL
    if near.all():
        return _offsets().take(pa.array(offset + POOL))
    far = np.flatnonzero(~near)
    index = np.where(near, offset + POOL, 0)
    index[far] = 2 * POOL + np.arange(far.size)
    return pa.concat_arrays([_offsets(), _signed(offset[far])]).take(pa.array(index))


@cache
def _offsets() -> pa.BinaryArray:
    """Return the offsets from -POOL to POOL - 1."""
    offset = np.arange(-POOL, POOL)
    return pa.concat_arrays([_signed(offset[:POOL]), NOTHING, _signed(offset[POOL + 1 :])])


def _signed(offset: Ints) -> pa.BinaryArray:
    return glue(_SIGNS.take(pa.array((offset > 0).astype(np.int8))), decimals(np.abs(offset)))


def _side(transcripts: Transcripts, transcript: Ints, position: Ints) -> Ints:
    """Return -1 for bases before the transcript on the contig, 0 in it, 1 after it."""
    return (position > transcripts.ends[transcript]).astype(np.int64) - (position < transcripts.starts[transcript])


def oriented(texts: Texts, forward: Bools) -> Texts:
    """Return bases in the direction of the transcript: the reverse complement where not ``forward``."""
    edges = np.cumsum(texts.sizes)
    within = np.arange(edges[-1] if edges.size else 0) - np.repeat(edges - texts.sizes, texts.sizes)
    onward = np.repeat(forward, texts.sizes)
    sizes = np.repeat(texts.sizes, texts.sizes)
    bases = texts.data[np.repeat(texts.starts, texts.sizes) + np.where(onward, within, sizes - 1 - within)]
    return Texts(np.where(onward, bases, COMPLEMENT[bases]), edges - texts.sizes, texts.sizes)
