"""Single amino acids of transcripts, translated where they are asked for."""

import numpy as np

from ann.anntools import codons
from ann.anntools.frames import codon, frames
from ann.anntools.texts import Bytes, Ints
from ann.anntools.transcripts import Transcripts


def residues(transcripts: Transcripts, transcript: Ints, place: Ints, *, beyond: bool) -> Bytes:
    """Return the amino acids at 1-based ``place`` of the proteins of ``transcript``, one letter each, ``*`` for a stop.

    ``transcript`` and ``place`` are int64 and broadcast to the shape of the result. The first whole codon of a CDS is
    amino acid 1. A TGA before the last codon is selenocysteine, ``U``. ``beyond`` goes on in the frame of the CDS to
    the end of the transcript. 0 for what lies outside, ``X`` for what cannot be told.
    """
    transcript, place = np.broadcast_arrays(transcript, place)
    if transcripts.spliced is None or not transcripts.spliced.size:
        return np.zeros(place.shape, np.uint8)
    frame = frames(transcripts)
    last = frame.limit[transcript] // 3 if beyond else frame.codons[transcript]
    inside = (place >= 1) & (place <= last) & transcripts.coding[transcript]
    read = codon(frame, transcript, np.where(inside, 3 * (place - 1), 0))
    acids = codons.amino_acids(read, frame.genetic_code)
    over = (read == codons.TGA) & (acids == codons.STOP) & (place < frame.codons[transcript])
    acids = np.where(over, np.uint8(codons.SELENOCYSTEINE), acids)
    return np.where(inside, acids, np.uint8(0))
