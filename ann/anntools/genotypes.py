"""How often each sample has which kind of genotype."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools.blocks import INFO, TAB, Block
from ann.anntools.texts import Bytes, Ints

# Kinds of genotypes; the code of a kind is its place. One allele that is not called makes a genotype missing, as it
# does for bcftools; "other" is what is no genotype.
CLASSES: Final = ("hom_ref", "het", "hom_alt", "haploid_ref", "haploid_alt", "missing", "other")
_HOM_REF, _HET, _HOM_ALT, _HAPLOID_REF, _HAPLOID_ALT, _MISSING, _OTHER = range(len(CLASSES))
# A header of 64 MiB can name millions of samples; of so many the first are counted, which bounds memory.
MOST_SAMPLES: Final = 100_000
# Cells looked at at a time: what is kept of them stays in the processor's cache.
CELLS: Final = 1 << 16
# A sum over lines holds a count of every kind in a byte of its own.
ONE: Final = np.array([1 << 8 * code for code in range(len(CLASSES))], "<u8")
MOST_LINES: Final = 255
# Bytes of a genotype; ten alleles of three digits are within.
LONGEST: Final = 40

_ENDS = b":\t\r\n\0"
_SEPARATORS = b"/|"
_FORMAT = INFO + 1
_DOT: Final = 1 << 32  # stands for an allele that is not called, above the numbers of all others


def count(block: Block, samples: int) -> Ints:
    """Return how often each of the first MOST_SAMPLES of ``samples`` has which kind of genotype, int64 (S, CLASSES).

    Records without GT count as missing, so every row sums to the records of the block. GT is the first field where
    FORMAT has it (VCF 4.3, section 1.6.2).
    """
    counted = min(samples, MOST_SAMPLES)
    counts = np.zeros((counted, len(CLASSES)), np.int64)
    if not counted or not len(block):
        return counts
    # Every line has the columns that #CHROM names, so the tabs make a table.
    tabs = np.flatnonzero(block.data == TAB).reshape(len(block), _FORMAT + samples)
    data = np.concatenate((block.data, np.zeros(4, np.uint8)))
    head = tabs[:, INFO] + 1
    called = (data[head] == ord("G")) & (data[head + 1] == ord("T")) & ENDS[data[head + 2]]
    counts[:, _MISSING] += int((~called).sum())
    cells = tabs[:, _FORMAT : _FORMAT + counted]
    if not called.all():
        cells = cells[called]
    lines = min(max(CELLS // counted, 1), MOST_LINES)
    for line in range(0, len(cells), lines):
        for sample in range(0, counted, CELLS):
            piece = cells[line : line + lines, sample : sample + CELLS]
            ones = ONE[classes(data, piece.ravel() + 1)].reshape(piece.shape)
            sums = ones.sum(axis=0).view(np.uint8).reshape(-1, ONE.itemsize)
            counts[sample : sample + len(sums)] += sums[:, : len(CLASSES)]
    return counts


def classes(data: Bytes, starts: Ints) -> NDArray[np.uint8]:
    """Return the kind of the genotype that begins at each of ``starts`` in ``data``, uint8.

    A genotype ends before a colon, a tab, an end of line or a NUL byte; four bytes follow every start.
    """
    first, second, third = data[starts], data[starts + 1], data[starts + 2]
    codes: NDArray[np.uint8] = PAIR[first.astype(np.uint16) << 8 | third]
    # Most genotypes are two alleles of one digit or one such allele; only the others are read byte by byte.
    rest = np.flatnonzero(~(SEPARATES[second] & ENDS[data[starts + 3]] & (codes != _OTHER)))
    codes[rest] = ALONE[first[rest]]
    rest = rest[~ENDS[second[rest]] | (codes[rest] == _OTHER)]
    if rest.size:
        codes[rest] = _read(data, starts[rest])
    return codes


def _read(data: Bytes, starts: Ints) -> NDArray[np.uint8]:
    """Read genotypes of any ploidy, with alleles of any number and the phasing in front of VCF 4.4, byte by byte."""
    value = np.full(starts.size, -1, np.int64)  # of the allele at hand, -1 before its first byte
    first = np.full(starts.size, -1, np.int64)
    alleles = np.zeros(starts.size, np.int64)
    differ, missing, bad = np.zeros((3, starts.size), np.bool_)
    going = np.ones(starts.size, np.bool_)
    for place in range(LONGEST):
        byte = data[np.minimum(starts + place, data.size - 1)]
        ends = ENDS[byte]
        closes = going & (ends | (SEPARATES[byte] & (place > 0)))
        # An empty cell has no allele at all; within a genotype no allele is empty.
        bad |= closes & (value < 0) & (place > 0)
        missing |= going & (ends & (place == 0) | (byte == ord(".")))
        differ |= closes & (alleles > 0) & (value != first)
        first = np.where(closes & (alleles == 0), value, first)
        alleles += closes
        digit = (byte >= ord("0")) & (byte <= ord("9"))
        bad |= going & ~((digit & (value < _DOT)) | ends | SEPARATES[byte] | ((byte == ord(".")) & (value < 0)))
        value = np.where(digit, np.minimum(np.maximum(value, 0) * 10 + byte - ord("0"), _DOT - 1), value)
        value = np.where(byte == ord("."), _DOT, value)
        value = np.where(closes, -1, value)
        going &= ~ends
        if not going.any():
            break
    haploid = np.where(first == 0, _HAPLOID_REF, _HAPLOID_ALT)
    same = np.where(differ, _HET, np.where(first == 0, _HOM_REF, _HOM_ALT))
    codes = np.where(missing, _MISSING, np.where(alleles == 1, haploid, same))
    return np.where(bad | going, _OTHER, codes).astype(np.uint8)


def _member(members: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table


def _pairs() -> NDArray[np.uint8]:
    """Return the kind of a genotype by the bytes of its alleles, the first one's above the second's, uint8 (65536,)."""
    table = np.full((256, 256), _OTHER, np.uint8)
    digits = np.arange(ord("0"), ord("9") + 1)
    table[np.ix_(digits, digits)] = _HET
    table[digits, digits] = _HOM_ALT
    table[digits[0], digits[0]] = _HOM_REF
    called = np.append(digits, ord("."))
    table[ord("."), called] = table[called, ord(".")] = _MISSING
    return table.ravel()


def _alone() -> NDArray[np.uint8]:
    """Return the kind of a genotype of one allele by its byte, uint8 (256,)."""
    table = np.full(256, _OTHER, np.uint8)
    table[ord("0") : ord("9") + 1] = _HAPLOID_ALT
    table[ord("0")] = _HAPLOID_REF
    table[ord(".")] = _MISSING
    return table


ENDS = _member(_ENDS)
SEPARATES = _member(_SEPARATORS)
PAIR = _pairs()
ALONE = _alone()
