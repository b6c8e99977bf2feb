"""The ALT alleles of a block's records, each brought to the bases that it really changes."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ann.anntools.blocks import ALT, COMMA, DOT, REF, Block
from ann.anntools.intervals import expand
from ann.anntools.texts import Bools, Bytes, Ints, Texts, arrow

LETTER = np.zeros(256, np.bool_)
LETTER[[*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)]] = True


class Kind(IntEnum):
    """What an ALT is."""

    SEQUENCE = 0  # bases in place of bases
    NONE = 1  # a dot, <*>, <NON_REF>, or the same as REF: nothing changes
    SPANNING = 2  # a star: the bases are gone with a deletion of an earlier record
    DELETION = 3  # <DEL>
    DUPLICATION = 4  # <DUP>
    INVERSION = 5  # <INV>
    INSERTION = 6  # <INS>
    COPY_NUMBER = 7  # <CNV>
    BREAKEND = 8
    OTHER = 9


@dataclass(frozen=True, kw_only=True)
class Alleles:
    """A alleles of N records of one contig, ascending by record, then in the order of ALT.

    ``record``: int64 (A,), which of the N records. ``number``: int64 (A,), which ALT, counted from 0. ``kind``: uint8
    (A,), codes of `Kind`. ``start``, ``end``: int64 (A,), the first and last reference base that is replaced, 1-based
    inclusive, after the bases that REF and ALT share were cut off at the end, then at the beginning; of an insertion
    ``end`` is ``start - 1`` and the new bases stand before ``start``; of a symbolic allele, from the base after POS to
    where END or SVLEN reach. ``ref``, ``alt``: texts (A,), these bases in capitals, empty but for SEQUENCE.
    ``written``: texts (A,), ALT as it stands in the file.
    """

    record: Ints
    number: Ints
    kind: NDArray[np.uint8]
    start: Ints
    end: Ints
    ref: Texts
    alt: Texts
    written: Texts

    def __len__(self) -> int:
        return self.record.size


# Of symbolic alleles the first part says what they are: <DUP:TANDEM> is a duplication (VCF 4.4, section 1.4.5).
SYMBOLS = {
    b"DEL": Kind.DELETION,
    b"DUP": Kind.DUPLICATION,
    b"INV": Kind.INVERSION,
    b"INS": Kind.INSERTION,
    b"CNV": Kind.COPY_NUMBER,
    b"*": Kind.NONE,
    b"NON_REF": Kind.NONE,
}


def of(block: Block, rows: Ints, last: Ints) -> Alleles:
    """Return the alleles of records ``rows`` of a block.

    ``last``: int64 (N,), last base of each of these records, which tells how far symbolic alleles reach.
    """
    counts = block.alleles[rows]
    record = np.repeat(np.arange(rows.size), counts)
    ends = np.cumsum(counts)
    number = np.arange(record.size) - np.repeat(ends - counts, counts)
    written = _split(block.column(ALT).take(rows), counts)
    capitals = block.capitals
    reference = _capital(block.column(REF).take(rows), capitals)
    ref = reference.take(record)
    alt = _capital(written, capitals)
    kind = _kinds(written, ref, alt)
    kind[(kind == Kind.SEQUENCE) & ~_letters(reference)[record]] = Kind.OTHER
    start = block.pos[rows][record]
    end = start + ref.sizes - 1
    symbolic = np.flatnonzero(kind > Kind.SPANNING)
    # The base at POS is the one before what a symbolic allele does (VCF 4.3, section 5.3).
    start[symbolic] += 1
    end[symbolic] = np.maximum(last[record[symbolic]], start[symbolic])
    front, back = _shared(kind, ref, alt)
    keep = kind == Kind.SEQUENCE
    return Alleles(
        record=record,
        number=number,
        kind=kind,
        start=start + front,
        end=end - back,
        ref=Texts(capitals, ref.starts + front, np.where(keep, ref.sizes - front - back, 0)),
        alt=Texts(capitals, alt.starts + front, np.where(keep, alt.sizes - front - back, 0)),
        written=written,
    )


def _split(alt: Texts, counts: Ints) -> Texts:
    """Return the alleles of ALT columns; ``counts`` says how many each has."""
    several = np.flatnonzero(counts > 1)
    if not several.size:
        return alt
    starts, sizes = np.repeat(alt.starts, counts), np.repeat(alt.sizes, counts)
    first = np.cumsum(counts) - counts
    parts = _parts(alt.take(several), counts[several])
    places = expand(first[several], counts[several])
    starts[places], sizes[places] = parts.starts, parts.sizes
    return Texts(alt.data, starts, sizes)


def _parts(alt: Texts, counts: Ints) -> Texts:
    """Return the alleles of ALT columns, each of which has more than one."""
    ends = np.cumsum(alt.sizes)
    place = np.flatnonzero(alt.flat() == COMMA)
    owner = np.repeat(np.arange(len(alt)), counts - 1)
    commas = alt.starts[owner] + place - (ends - alt.sizes)[owner]
    final = np.cumsum(counts) - 1
    inner = np.ones(int(counts.sum()), np.bool_)
    inner[final] = False
    starts, stops = np.empty(inner.size, np.int64), np.empty(inner.size, np.int64)
    stops[final], stops[inner] = alt.starts + alt.sizes, commas
    later = np.ones(inner.size, np.bool_)
    later[final - counts + 1] = False
    starts[~later], starts[later] = alt.starts, commas + 1
    return Texts(alt.data, starts, stops - starts)


def _capital(texts: Texts, capitals: Bytes) -> Texts:
    return Texts(capitals, texts.starts, texts.sizes)


def _kinds(written: Texts, ref: Texts, alt: Texts) -> NDArray[np.uint8]:
    """Return what each ALT is, uint8 (A,)."""
    kind = np.full(len(written), Kind.SEQUENCE, np.uint8)
    single = (ref.sizes == 1) & (alt.sizes == 1)
    same = ref.data[ref.starts] == alt.data[np.minimum(alt.starts, alt.data.size - 1)]
    kind[single & same] = Kind.NONE
    kind[single & ~LETTER[ref.data[ref.starts]]] = Kind.OTHER
    first = written.data[np.minimum(written.starts, written.data.size - 1)]
    odd = ~LETTER[first] | (written.sizes == 0)
    if odd.any():
        # A file has few different symbols, mostly one on every record of a gVCF.
        symbols = arrow(written.take(np.flatnonzero(odd))).dictionary_encode()
        kinds = [_kind_of(symbol) for symbol in symbols.dictionary.to_pylist()]
        kind[odd] = np.array(kinds, np.uint8)[symbols.indices.to_numpy()]
    longer = np.flatnonzero(~odd & ~single)
    if longer.size:
        kind[longer[~_letters(written.take(longer))]] = Kind.OTHER
        breakend = _holds_bracket(written.take(longer))
        kind[longer[breakend]] = Kind.BREAKEND
        alike = longer[ref.sizes[longer] == alt.sizes[longer]]
        kind[alike[_equal(ref.take(alike), alt.take(alike)) & (kind[alike] == Kind.SEQUENCE)]] = Kind.NONE
    return kind


def _kind_of(alt: bytes) -> Kind:
    if alt in {b".", b""}:
        return Kind.NONE
    if alt == b"*":
        return Kind.SPANNING
    if alt.startswith(b"<") and alt.endswith(b">"):
        return SYMBOLS.get(alt[1:-1].partition(b":")[0], Kind.OTHER)
    # Breakends: ]13:123456]T, and single ones with a dot for the other side.
    return Kind.BREAKEND if alt[:1] in {b"[", b"]", b"."} else Kind.OTHER


def _letters(texts: Texts) -> Bools:
    """Whether all bytes of each row are letters; rows are not empty."""
    letters = LETTER[texts.data[texts.starts]]
    longer = np.flatnonzero(texts.sizes > 1)
    if longer.size:
        rows = texts.take(longer)
        letters[longer] = _without(rows, ~LETTER[rows.flat()])
    return letters


def _holds_bracket(texts: Texts) -> Bools:
    flat = texts.flat()
    last = texts.data[texts.starts + texts.sizes - 1]
    found: Bools = ~_without(texts, (flat == ord("[")) | (flat == ord("]"))) | (last == DOT)
    return found


def _equal(one: Texts, other: Texts) -> Bools:
    """Whether rows of the same sizes, none empty, are the same."""
    return _without(one, one.flat() != other.flat())


def _without(texts: Texts, marked: Bools) -> Bools:
    """Whether none of each row's bytes, which `Texts.flat` returns, is marked."""
    before = np.concatenate(([0], np.cumsum(marked)))
    ends = np.cumsum(texts.sizes)
    none: Bools = before[ends] == before[ends - texts.sizes]
    return none


def _shared(kind: NDArray[np.uint8], ref: Texts, alt: Texts) -> tuple[Ints, Ints]:
    """Return how many bases REF and ALT share at the beginning and at the end, int64 (A,) each.

    The end goes first, so that what was written left-aligned stays so.
    """
    front, back = np.zeros(len(ref), np.int64), np.zeros(len(ref), np.int64)
    left = np.minimum(ref.sizes, alt.sizes)
    rows = np.flatnonzero((kind == Kind.SEQUENCE) & (ref.sizes + alt.sizes > len(b"AC")))
    for count, step in ((back, -1), (front, 1)):
        active = rows
        while active.size:
            active = active[front[active] + back[active] < left[active]]
            offset = count[active] if step > 0 else -count[active] - 1
            base = 0 if step > 0 else 1
            one = ref.data[ref.starts[active] + base * ref.sizes[active] + offset]
            other = alt.data[alt.starts[active] + base * alt.sizes[active] + offset]
            active = active[one == other]
            count[active] += 1
    return front, back
