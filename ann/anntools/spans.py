"""Which bases of the reference a record covers."""

import numpy as np
from numpy.typing import NDArray

from ann.anntools.blocks import ALT, CHROM, COMMA, DOT, INFO, LESS, MAX_POS, REF, TAB, Block, integers
from ann.anntools.texts import Bytes, Ints, Texts

# Symbolic alleles that take no bases of the reference beyond REF: insertions, and ends that lie somewhere else.
NOT_SPANNING = (b"INS", b"BND", b"TRA", b"CTX")
SEMICOLON, EQUALS = b";="
DIGITS = 10  # a longer number is no length
LENGTHS = 12_000  # bytes of SVLEN that are read: room for the most alleles that a record may have
REFERENCE_BLOCKS = (b"<*>", b"<NON_REF>")


def last_bases(block: Block) -> Ints:
    """Return the last base of each record, int64 (N,), 1-based inclusive, never before POS.

    The span is that of REF, as in bcftools. A symbolic allele such as <DEL>, <DUP>, <INV> or <CNV:TR>, a block of a
    gVCF (<NON_REF>, <*>) and a record without ALT reach to END, else as far as the longest SVLEN of such an allele, or
    the longest LEN of a sample (VCF 4.5), says. An <INS> and a breakend reach no further than REF, nor does END count
    where CHR2 says that it lies on another contig.
    """
    last: Ints = block.pos + np.maximum(block.column(REF).sizes, 1) - 1
    rows = np.flatnonzero(_without_alt(block) | _spanning(block))
    if not rows.size:
        return last
    end = _ends(block, rows)
    silent = rows[end == 0]
    if silent.size:
        end[end == 0] = np.maximum(_by_svlen(block, silent), _by_len(block, silent))
    last[rows] = np.maximum(last[rows], np.minimum(end, MAX_POS))
    return last


def _without_alt(block: Block) -> NDArray[np.bool_]:
    alt = block.column(ALT)
    nothing: NDArray[np.bool_] = (alt.sizes == 1) & (block.data[np.minimum(alt.starts, block.data.size - 1)] == DOT)
    return nothing


def _spanning(block: Block) -> NDArray[np.bool_]:
    """Return which records have a symbolic allele that takes bases of the reference, bool (N,)."""
    alt = block.column(ALT)
    places = np.flatnonzero(block.data == LESS)
    if not places.size:
        return np.zeros(len(block), np.bool_)
    # A < within an allele is the name of a contig in a breakend, and one elsewhere is no allele.
    before = block.data[places - 1]
    places = places[(before == TAB) | (before == COMMA)]
    for word in NOT_SPANNING:
        places = places[~_stands(block.data, places + 1, word)]
    found: NDArray[np.bool_] = np.searchsorted(places, alt.starts + alt.sizes) > np.searchsorted(places, alt.starts)
    return found


def _stands(data: Bytes, places: Ints, word: bytes) -> NDArray[np.bool_]:
    """Return at which places ``word`` stands."""
    same = places + len(word) <= data.size
    for shift, byte in enumerate(word):
        same &= data[np.minimum(places + shift, data.size - 1)] == byte
    return same


def _values(block: Block, rows: Ints, key: bytes, most: int) -> Texts:
    """Return the value of an INFO key in each of ``rows``, at most ``most`` bytes of it; empty where there is none."""
    info = block.column(INFO).take(rows)
    places = np.flatnonzero(block.data == EQUALS) - len(key)
    places = places[places > 0]
    places = places[_stands(block.data, places, key)]
    before = block.data[places - 1]
    places = places[(before == TAB) | (before == SEMICOLON)]
    # Where a key stands twice the first counts.
    at = np.searchsorted(places, info.starts)
    start = np.append(places, block.data.size)[at] + len(key) + 1
    stop = info.starts + info.sizes
    present = start <= stop
    ends = np.append(np.flatnonzero(block.data == SEMICOLON), block.data.size)
    size = np.minimum(ends[np.searchsorted(ends, np.where(present, start, 0))], stop) - start
    return Texts(block.data, np.where(present, start, 0), np.where(present, np.clip(size, 0, most), 0))


def _ends(block: Block, rows: Ints) -> Ints:
    """Return what END says, int64 (R,), 0 where it is missing, no number, or on another contig."""
    values, valid = integers(_values(block, rows, b"END", DIGITS + 1))
    elsewhere = _values(block, rows, b"CHR2", block.data.size)
    chroms = block.column(CHROM).take(rows)
    for row in np.flatnonzero(valid & (elsewhere.sizes > 0)).tolist():
        valid[row] = elsewhere[row] == chroms[row]
    return np.where(valid, values, 0)


def _by_svlen(block: Block, rows: Ints) -> Ints:
    """Return the last base that SVLEN tells, int64 (R,), 0 where it does not; it has a value per allele."""
    last = np.zeros(rows.size, np.int64)
    lengths = _values(block, rows, b"SVLEN", LENGTHS)
    alt, pos = block.column(ALT), block.pos
    for place in np.flatnonzero(lengths.sizes).tolist():
        row = int(rows[place])
        alleles = alt[row].split(b",")
        sizes = [size.lstrip(b"-") for size in lengths[place].split(b",")]
        # Files before VCF 4.4 may give one length for all alleles.
        sizes = sizes * len(alleles) if len(sizes) == 1 else sizes
        spans = [
            int(size)
            for allele, size in zip(alleles, sizes, strict=False)
            if allele.startswith(b"<") and allele[1:4] not in NOT_SPANNING and size.isdigit() and len(size) <= DIGITS
        ]
        last[place] = int(pos[row]) + max(spans) if spans else 0
    return last


def _by_len(block: Block, rows: Ints) -> Ints:
    """Return the last base that the samples' LEN tell, int64 (R,), 0 where none does; LEN is of reference blocks."""
    last = np.zeros(rows.size, np.int64)
    places = np.flatnonzero(block.data == ord("L"))
    places = places[_stands(block.data, places, b"LEN")]
    format_first = block.tabs[rows, INFO]
    stop = block.lines.starts[rows] + block.lines.sizes[rows]
    with_len = np.searchsorted(places, stop) > np.searchsorted(places, format_first)
    alt, pos = block.column(ALT), block.pos
    for place in np.flatnonzero(with_len).tolist():
        row = int(rows[place])
        if not any(allele in REFERENCE_BLOCKS for allele in alt[row].split(b",")):
            continue
        keys, *samples = block.data[int(format_first[place]) + 1 : int(stop[place])].tobytes().split(b"\t")
        if b"LEN" not in keys.split(b":"):
            continue
        which = keys.split(b":").index(b"LEN")
        said = [fields[which] for sample in samples if len(fields := sample.split(b":")) > which]
        last[place] = int(pos[row]) - 1 + max((int(x) for x in said if x.isdigit() and len(x) <= DIGITS), default=0)
    return last
