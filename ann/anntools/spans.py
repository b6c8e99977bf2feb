"""Which bases of the reference a record covers."""

import re

import numpy as np

from ann.anntools.blocks import ALT, DOT, INFO, LESS, MAX_POS, REF, Block
from ann.anntools.texts import Bytes, Ints, Texts

END = re.compile(rb"(?:^|;)END=(\d{1,10})(?:;|$)")
SVLEN = re.compile(rb"(?:^|;)SVLEN=([-\d.,]{1,12000})")  # room for the most alleles that a record may have
DIGITS = 10  # a longer number is no length
# VCF 4.4, section 3: the length of these is the length of reference they span; of <INS> it is what is inserted.
SPANNING = re.compile(rb"<(?:DEL|DUP|INV|CNV)[:>]")


def last_bases(block: Block) -> Ints:
    """Return the last base of each record, int64 (N,), 1-based inclusive, never before POS.

    The span is that of REF, as in bcftools; a symbolic allele or a record without ALT (a block of a gVCF) reaches to
    END, else as far as its longest SVLEN says.
    """
    last: Ints = block.pos + np.maximum(block.column(REF).sizes, 1) - 1
    alt = block.column(ALT)
    symbolic = np.flatnonzero(_holds(block.data, alt, LESS) | ((alt.sizes == 1) & (block.data[alt.starts] == DOT)))
    info = block.column(INFO)
    # A record at a time: only these few have a span that REF does not tell.
    for record in symbolic.tolist():
        last[record] = max(last[record], _declared(block.pos[record].item(), info[record], alt[record]))
    return last


def _holds(data: Bytes, texts: Texts, byte: int) -> np.typing.NDArray[np.bool_]:
    places = np.flatnonzero(data == byte)
    if not places.size:
        return np.zeros(len(texts), np.bool_)
    return np.searchsorted(places, texts.starts + texts.sizes) > np.searchsorted(places, texts.starts)


def _declared(pos: int, info: bytes, alt: bytes) -> int:
    """Return the last base that END or SVLEN tell, 0 where neither does."""
    end = END.search(info)
    if end:
        return min(int(end[1]), MAX_POS)
    length = SVLEN.search(info)
    if length and SPANNING.search(alt):
        sizes = length[1].replace(b"-", b"").split(b",")
        lengths = [int(size) for size in sizes if size.isdigit() and len(size) <= DIGITS]
        return min(pos + max(lengths, default=0), MAX_POS)
    return 0
