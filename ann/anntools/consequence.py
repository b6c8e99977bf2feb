"""Where in a transcript an allele falls: AnnTools' position types.

AnnTools (Makarov et al., Bioinformatics 2012, 28:724) names CDS, utr5, utr3, intron, non_coding_exon,
non_coding_intron and interGenic; those names are kept. The splice sites (two bases of an intron next to an exon) and
the neighbourhood of a gene are ours, named after the Sequence Ontology's terms.
"""

import numpy as np
from numpy.typing import NDArray

from ann.anntools.texts import from_list
from ann.anntools.transcripts import Ints, Transcripts

# From the most to the least severe; a region's code is its place in this list.
REGIONS = (
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
REGION_TEXTS = from_list([name.encode() for name in REGIONS])
CODE = {name: code for code, name in enumerate(REGIONS)}
SPLICE_SITE = 2  # bases of an intron next to an exon


def regions(models: Transcripts, transcript: Ints, first: Ints, last: Ints) -> NDArray[np.int64]:
    """Return the most severe region that each span touches in its transcript, as codes, int64.

    ``transcript``, ``first`` and ``last`` are int64 of one length: span ``first[i]..last[i]`` (1-based inclusive)
    touches the body of ``transcript[i]``.
    """
    forward = models.strand[transcript] > 0
    coding = models.coding[transcript]
    cds_start, cds_end = models.cds_start[transcript], models.cds_end[transcript]
    after_exon, before_exon = _splice_sites(models, transcript, first, last)
    exonic = _touches_exon(models, transcript, first, last)
    translated = _touches_exon(models, transcript, np.maximum(first, cds_start), np.minimum(last, cds_end))
    before_cds = _touches_exon(models, transcript, first, np.minimum(last, cds_start - 1))
    after_cds = _touches_exon(models, transcript, np.maximum(first, cds_end + 1), last)
    touched = {
        "splice_acceptor": np.where(forward, before_exon, after_exon),
        "splice_donor": np.where(forward, after_exon, before_exon),
        "CDS": coding & translated,
        "utr5": coding & np.where(forward, before_cds, after_cds),
        "utr3": coding & np.where(forward, after_cds, before_cds),
        "non_coding_exon": ~coding & exonic,
        "intron": coding,
    }
    codes = np.array([CODE[name] for name in touched])
    return np.select(list(touched.values()), list(codes), CODE["non_coding_intron"])


def flanks(models: Transcripts, transcript: Ints, last: Ints) -> NDArray[np.int64]:
    """Return upstream or downstream, as codes, for spans that end at ``last`` outside their transcript's body."""
    before = last < models.starts[transcript]
    forward = models.strand[transcript] > 0
    return np.where(before == forward, CODE["upstream"], CODE["downstream"])


def _touches_exon(models: Transcripts, transcript: Ints, first: Ints, last: Ints) -> NDArray[np.bool_]:
    """Whether each span touches an exon; an empty span (last before first) touches none."""
    begun = models.exons_begun(transcript, last)
    return (begun > models.exons_ended(transcript, first - 1)) & (first <= last)


def _splice_sites(
    models: Transcripts, transcript: Ints, first: Ints, last: Ints
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each span touches the two bases after an exon, and before one, on the inner side of the transcript."""
    inner_ends = models.exon_counts[transcript] - 1  # the last exon's end borders no intron
    after = np.minimum(models.exons_ended(transcript, last - 1), inner_ends)
    after -= np.minimum(models.exons_ended(transcript, first - SPLICE_SITE - 1), inner_ends)
    before = np.maximum(models.exons_begun(transcript, last + SPLICE_SITE), 1)  # nor does the first exon's start
    before -= np.maximum(models.exons_begun(transcript, first), 1)
    return after > 0, before > 0
