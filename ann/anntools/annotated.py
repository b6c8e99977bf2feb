"""What was found of records, as the reports take it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ann.anntools.blocks import Block
from ann.anntools.effects import Effects
from ann.anntools.texts import Ints
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

# A deletion of a whole chromosome touches thousands of transcripts. No more than this many are examined, and of these
# so many of the most severe are listed for an allele, as long as all alleles of the record together have room.
EXAMINED: Final = 1000
LISTED: Final = 200
LISTED_IN_RECORD: Final = 1000

# Types of alleles; the code of a type is its place.
TYPES: Final = ("SNV", "MNV", "insertion", "deletion", "delins", "SV", "spanning", "none", "other")
_SNV, _MNV, _INSERTION, _DELETION, _DELINS, _SV, _SPANNING, _NONE, _OTHER = range(len(TYPES))
_OF_KIND = np.full(len(Kind), _SV, np.uint8)
_OF_KIND[[Kind.NONE, Kind.SPANNING, Kind.OTHER]] = [_NONE, _SPANNING, _OTHER]


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """The records of one contig within a block, and what was found of them.

    ``rows``: int64 (N,), rows of ``block``, ascending. ``contig``: our name. ``last``: int64 (N,), 1-based last base of
    each record's REF span. ``alleles``: of these N records. ``effects``: P pairs of these alleles and ``transcripts``,
    which are None only where there are no pairs. ``coding_names``, ``protein_names``: HGVS c. or n. and p. of each
    pair, Arrow binary (P,), empty or null where there is none; None where they were not made. ``known``: bool (N,),
    whether dbSNP has the record, None where there is no such source.
    """

    block: Block
    rows: Ints
    contig: str
    last: Ints
    alleles: Alleles
    effects: Effects
    transcripts: Transcripts | None
    coding_names: pa.BinaryArray | None
    protein_names: pa.BinaryArray | None
    known: NDArray[np.bool_] | None


def allele_types(alleles: Alleles) -> NDArray[np.uint8]:
    """Return the type of each allele, places in TYPES, uint8 (A,)."""
    ref, alt = alleles.ref.sizes, alleles.alt.sizes
    of_sequence = np.full(len(alleles), _DELINS, np.uint8)
    of_sequence[ref == alt] = _MNV
    of_sequence[(ref == 1) & (alt == 1)] = _SNV
    of_sequence[ref == 0] = _INSERTION
    of_sequence[alt == 0] = _DELETION
    return np.where(alleles.kind == Kind.SEQUENCE, of_sequence, _OF_KIND[alleles.kind])


def firsts(values: Ints) -> Ints:
    """Return the places at which each run of equal neighbours begins, int64."""
    return np.flatnonzero(np.diff(values, prepend=-1) != 0) if values.size else np.zeros(0, np.int64)
