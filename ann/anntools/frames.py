"""How each transcript is read: where its codons stand among the spliced sequences, and what is odd about it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ann.anntools import codons
from ann.anntools.effects import Note
from ann.anntools.texts import Bytes, Ints
from ann.anntools.transcripts import Transcripts

BASES_AT_ONCE: Final = 1 << 22
POLY_A: Final = ord("A")


@dataclass(frozen=True, kw_only=True)
class Frames:
    """How T transcripts are read; int64 (T,) where nothing else is said.

    ``first``: place of the first base of the first whole codon in the spliced transcript, 1-based. ``codons``: number
    of whole codons, those that the tail of A completes among them. ``limit``: first place behind ``first`` that the
    transcript, with such a tail, does not have, counted from 0. ``starts``: bool (T,), whether the CDS is known to
    begin with its first codon and that, where there is sequence, is a start codon. ``notes``: uint8 (T,), sets of
    `Note`. ``bases``: the spliced sequences; ``base``: where ``first`` is among them. ``tail``: number of bases that
    polyadenylation adds.
    """

    first: Ints
    codons: Ints
    limit: Ints
    starts: NDArray[np.bool_]
    notes: NDArray[np.uint8]
    bases: Bytes
    base: Ints
    tail: Ints
    genetic_code: int

    def read(self, transcript: Ints, place: Ints) -> Bytes:
        """Return the base ``place[i]`` (0-based from the first whole codon on) of ``transcript[i]``, N beyond the end.

        Only where there is sequence.
        """
        left = self.limit[transcript] - place
        tail = self.tail[transcript]
        known = (left > tail) & (place > -self.first[transcript])
        result = self.bases[np.where(known, self.base[transcript] + place, 0)]
        result[~known] = ord("N")
        result[(left > 0) & (left <= tail)] = POLY_A
        return result


def frames(models: Transcripts) -> Frames:
    """Return how the transcripts are read; worked out once for each `Transcripts`."""
    # Kept where a cached property of the transcripts would be: its life is theirs.
    kept = vars(models).get("_frames")
    if not isinstance(kept, Frames):
        kept = _frames(models)
        vars(models)["_frames"] = kept
    return kept


def early_stops(models: Transcripts) -> NDArray[np.bool_]:
    """Return which transcripts, whose sequence is at hand, have an early stop; all bases are looked at."""
    return _stops_early(_frames(replace(models, early_stop=np.zeros(len(models), np.bool_))), models.spliced_offsets)


def _frames(models: Transcripts) -> Frames:
    first = models.cds_first + models.phase
    size = np.where(models.coding, models.cds_last - first + 1, 0)
    # Stop codons of mitochondria may lack bases that polyadenylation adds; two are the most that one can lack.
    completed = models.coding & models.stop_known & (models.cds_last == models.lengths)
    completed &= models.genetic_code == codons.MITOCHONDRIAL
    tail = np.where(completed, codons.SIZE - 1, 0)
    incomplete = ~models.start_known | ~models.stop_known | (models.phase > 0) | (~completed & (size % codons.SIZE > 0))
    result = Frames(
        first=first,
        codons=np.maximum(size + tail, 0) // codons.SIZE,
        limit=models.lengths - first + 1 + tail,
        starts=models.coding & models.start_known & (models.phase == 0),
        notes=np.where(models.coding & incomplete, int(Note.W3), 0).astype(np.uint8),
        bases=np.zeros(1, np.uint8) if models.spliced is None else models.spliced,
        base=models.spliced_offsets[:-1] + first - 1,
        tail=tail,
        genetic_code=models.genetic_code,
    )
    if models.spliced is not None:
        early = _stops_early(result, models.spliced_offsets) if models.early_stop is None else models.early_stop
        result.notes[early] |= np.uint8(Note.W4)
        begins = _starts(result)
        result.notes[result.starts & ~begins] |= np.uint8(Note.W5)
        result.starts[~begins] = False
    return result


def codon(frame: Frames, transcript: Ints, place: Ints) -> NDArray[np.uint8]:
    """Return the numbered codon whose first base is at ``place`` in each transcript."""
    room = frame.limit[transcript] - frame.tail[transcript] - place
    if ((room >= codons.SIZE) & (place > -frame.first[transcript])).all():
        start = frame.base[transcript] + place
        return codons.codes(frame.bases[start], frame.bases[start + 1], frame.bases[start + 2])
    return codons.codes(*(frame.read(transcript, place + shift) for shift in range(codons.SIZE)))


def _starts(frame: Frames) -> NDArray[np.bool_]:
    rows = np.arange(frame.first.size)
    return codons.starting(codon(frame, rows, np.zeros(rows.size, np.int64)), frame.genetic_code)


def _stops_early(frame: Frames, offsets: Ints) -> NDArray[np.bool_]:
    """Whether each transcript has a stop codon before its last codon that is not read as selenocysteine.

    ``offsets``: where the spliced transcripts begin. Few places of all bases spell a stop codon, so they are looked for
    first and asked then whether they are in the frame of their transcript.
    """
    early = np.zeros(frame.first.size, np.bool_)
    for begin in range(0, max(frame.bases.size - 2, 0), BASES_AT_ONCE):
        bases = frame.bases[begin : begin + BASES_AT_ONCE + 2]
        place = begin + np.flatnonzero(codons.spelling(bases, codons.stops(frame.genetic_code) - {codons.TGA}))
        transcript = np.searchsorted(offsets, place, side="right") - 1
        within = place - frame.base[transcript]
        inner = (within >= 0) & (within % 3 == 0) & (within < 3 * (frame.codons[transcript] - 1))
        early[transcript[inner]] = True
    return early
