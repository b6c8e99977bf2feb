"""Single amino acids of transcripts, translated where they are asked for."""

import numpy as np

from ann.anntools.codons import MITOCHONDRIAL, amino_acids, codes
from ann.anntools.texts import Bytes, Ints
from ann.anntools.transcripts import Transcripts


def residues(transcripts: Transcripts, transcript: Ints, place: Ints, *, beyond: bool) -> Bytes:
    """Return the amino acids at 1-based ``place`` of the proteins of ``transcript``, one letter each, ``*`` for a stop.

    ``transcript`` and ``place`` are int64 and broadcast to the shape of the result. ``beyond`` goes on in the frame of
    the CDS to the end of the transcript. 0 for what lies outside, ``X`` for what cannot be told. The bases that finish
    a codon before the CDS are amino acid 1. Vertebrate mitochondria's transcripts may end within a codon, which
    polyadenylation completes (Ojala et al., Nature 1981, 290:470).
    """
    spliced = transcripts.spliced
    if spliced is None or not spliced.size:
        return np.zeros(np.broadcast_shapes(transcript.shape, place.shape), np.uint8)
    missing = (3 - transcripts.phase.astype(np.int64)) % 3
    begin = transcripts.spliced_offsets[:-1] + transcripts.cds_first - 1
    end = transcripts.spliced_offsets[1:]
    last = end if beyond else transcripts.spliced_offsets[:-1] + transcripts.cds_last
    codon = (begin - missing)[transcript] + 3 * (place - 1)
    inside = (place >= 1) & (codon < last[transcript]) & transcripts.coding[transcript]
    tail = ord("A") if transcripts.genetic_code == MITOCHONDRIAL else ord("N")
    lowest, highest = begin[transcript], end[transcript] - 1
    bases = []
    for at in (codon, codon + 1, codon + 2):
        base = spliced[np.where(inside, np.clip(at, lowest, highest), 0)]
        bases.append(np.where(at < lowest, ord("N"), np.where(at > highest, tail, base)).astype(np.uint8))
    acids = amino_acids(codes(*bases), transcripts.genetic_code)
    return np.where(inside, acids, 0).astype(np.uint8, copy=False)
