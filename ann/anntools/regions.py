"""Where in a transcript an allele falls: AnnTools' position types, read off the terms.

AnnTools (Makarov et al., Bioinformatics 2012, 28:724) names CDS, utr5, utr3, intron, non_coding_exon,
non_coding_intron and interGenic; those names are kept. The splice sites (two bases of an intron next to an exon) and
the neighbourhood of a gene are ours, named after the Sequence Ontology's terms.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools.effects import BIT
from ann.anntools.texts import Ints

# From the most to the least severe; a region's code is its place in this list.
REGIONS: Final = (
    "splice_acceptor",
    "splice_donor",
    "CDS",
    "utr5",
    "utr3",
    "non_coding_exon",
    "intron",
    "non_coding_intron",
    "upstream",
    "downstream",
    "interGenic",
)
CODE: Final = {name: code for code, name in enumerate(REGIONS)}
# What names a change of the translated sequence.
_CODING: Final = sum(
    BIT[name]
    for name in (
        "stop_gained",
        "frameshift_variant",
        "stop_lost",
        "start_lost",
        "inframe_insertion",
        "inframe_deletion",
        "missense_variant",
        "protein_altering_variant",
        "incomplete_terminal_codon_variant",
        "start_retained_variant",
        "stop_retained_variant",
        "synonymous_variant",
        "coding_sequence_variant",
    )
)
_WHOLE: Final = BIT["transcript_ablation"] | BIT["transcript_amplification"]


def of_terms(terms: Ints, coding: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the most severe region of each set of terms, codes into REGIONS, uint8.

    ``coding``: bool, whether the transcript of each set is translated; it tells introns apart, and an allele that
    takes a whole transcript touches its CDS, or its exons where it has none. A set without a region of a transcript
    is interGenic.
    """
    whole = (terms & _WHOLE) != 0
    touched = {
        "splice_acceptor": BIT["splice_acceptor_variant"],
        "splice_donor": BIT["splice_donor_variant"],
        "CDS": _CODING,
        "utr5": BIT["5_prime_UTR_variant"],
        "utr3": BIT["3_prime_UTR_variant"],
        "non_coding_exon": BIT["non_coding_transcript_exon_variant"],
        "intron": BIT["intron_variant"] | _INTRONIC,
        "upstream": BIT["upstream_gene_variant"],
        "downstream": BIT["downstream_gene_variant"],
    }
    conditions = {name: (terms & bits) != 0 for name, bits in touched.items()}
    conditions["CDS"] |= whole & coding
    conditions["non_coding_exon"] |= whole & ~coding
    result = np.select(list(conditions.values()), [CODE[name] for name in conditions], CODE["interGenic"])
    result[(result == CODE["intron"]) & ~coding] = CODE["non_coding_intron"]
    return result.astype(np.uint8)


_INTRONIC: Final = sum(
    BIT[name]
    for name in (
        "splice_donor_5th_base_variant",
        "splice_region_variant",
        "splice_donor_region_variant",
        "splice_polypyrimidine_tract_variant",
        "non_coding_transcript_variant",
    )
)
