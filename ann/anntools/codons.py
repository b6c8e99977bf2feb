"""Genetic codes: amino acids of many codons at once.

Codes are NCBI's translation tables 1 (standard) and 2 (vertebrate mitochondrial); bases are ASCII capitals as uint8,
amino acids one-letter codes as uint8, ``*`` a stop, ``X`` a codon with a base that is not A, C, G or T.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools.texts import Bytes, Ints

STOP, UNKNOWN, SELENOCYSTEINE = ord("*"), ord("X"), ord("U")
STANDARD, MITOCHONDRIAL = 1, 2
SIZE: Final = 3  # bases of a codon
BASES: Final = "TCAG"  # the order in which NCBI lists codons
AMINO_ACIDS: Final = {
    STANDARD: "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG",
    MITOCHONDRIAL: "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG",
}
# Codons at which translation may begin.
STARTS: Final = {
    STANDARD: ("ATG", "CTG", "TTG"),
    MITOCHONDRIAL: ("ATT", "ATC", "ATA", "ATG", "GTG"),
}
_BAD = 64  # code of a codon with an unknown base
_DIGIT: Final = np.full(256, _BAD, np.uint8)
_DIGIT[np.frombuffer(BASES.encode(), np.uint8)] = np.arange(4)
COMPLEMENT: Final = np.full(256, ord("N"), np.uint8)
COMPLEMENT[np.frombuffer(b"ACGT", np.uint8)] = np.frombuffer(b"TGCA", np.uint8)


def codes(first: Bytes, second: Bytes, third: Bytes) -> NDArray[np.uint8]:
    """Return codons as numbers, uint8: 0 to 63 in NCBI's order, 64 for one with an unknown base."""
    one, two, three = _DIGIT[first], _DIGIT[second], _DIGIT[third]
    bad = (one | two | three) >= _BAD
    return np.where(bad, _BAD, (one & 3) << 4 | (two & 3) << 2 | (three & 3)).astype(np.uint8)


def code(codon: str) -> int:
    """Return the number of one codon of known bases."""
    return BASES.index(codon[0]) << 4 | BASES.index(codon[1]) << 2 | BASES.index(codon[2])


TGA: Final = code("TGA")
_TABLES: Final = {table: np.frombuffer((acids + "X").encode(), np.uint8) for table, acids in AMINO_ACIDS.items()}
_STARTING: Final = {
    table: np.isin(np.arange(_BAD + 1), [code(codon) for codon in codons]) for table, codons in STARTS.items()
}


def amino_acids(codons: NDArray[np.uint8], genetic_code: int) -> Bytes:
    """Return the amino acid of each numbered codon, uint8."""
    return _TABLES[genetic_code][codons]


def starting(codons: NDArray[np.uint8], genetic_code: int) -> NDArray[np.bool_]:
    """Whether translation may begin at each numbered codon."""
    return _STARTING[genetic_code][codons]


def stops(genetic_code: int) -> set[int]:
    """Return the numbers of the stop codons."""
    return set(np.flatnonzero(_TABLES[genetic_code] == STOP).tolist())


def spelling(bases: Bytes, wanted: set[int]) -> NDArray[np.bool_]:
    """Whether one of the numbered codons begins at each base but the last two, in whatever frame, bool."""
    found = np.zeros(max(bases.size - 2, 0), np.bool_)
    for number in sorted(wanted):
        first, second, third = (ord(BASES[number >> shift & 3]) for shift in (4, 2, 0))
        found |= (bases[:-2] == first) & (bases[1:-1] == second) & (bases[2:] == third)
    return found


def translate(bases: Bytes, genetic_code: int) -> Bytes:
    """Return the amino acids of whole codons one after another; one or two bases at the end are left out."""
    whole = bases[: bases.size // 3 * 3].reshape(-1, 3)
    return amino_acids(codes(whole[:, 0], whole[:, 1], whole[:, 2]), genetic_code)


def reading(starts: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Return (row, place of its first base) for ``counts[i]`` codons that follow each other from ``starts[i]`` on."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    row = np.repeat(np.arange(counts.size), counts)
    return row, starts[row] + 3 * (np.arange(total) - (ends - counts)[row])
