"""The ALT alleles of a block's records, each brought to the bases that it really changes."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ann.anntools.texts import Ints, Texts


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
    where END or SVLEN reach. ``ref``, ``alt``: texts (A,), these bases in capitals, empty but for SEQUENCE. ``written``:
    texts (A,), ALT as it stands in the file.
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
