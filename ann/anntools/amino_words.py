"""What the names of all changes of proteins share: amino acids in words, the rows at hand, the parts of a name."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.effects import PeptideChange
from ann.anntools.residues import residues
from ann.anntools.texts import Bools, Bytes, Ints, Texts, arrow, decimals, glue
from ann.anntools.transcripts import Transcripts

THREE = {
    "A": "Ala", "B": "Asx", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His", "I": "Ile",
    "J": "Xle", "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "O": "Pyl", "P": "Pro", "Q": "Gln", "R": "Arg",
    "S": "Ser", "T": "Thr", "U": "Sec", "V": "Val", "W": "Trp", "Y": "Tyr", "Z": "Glx", "*": "Ter",
}  # fmt: skip
STOP, UNKNOWN = ord("*"), ord("X")
_CODES = [THREE.get(chr(letter), "Xaa") for letter in range(256)]
NAMES = pa.array(_CODES, pa.string()).cast(pa.binary())
_LETTERS = np.frombuffer("".join(_CODES).encode(), np.uint8).reshape(256, 3)
EMPTY = pa.scalar(b"", pa.binary())

_EDITS = pa.array([b"", b"del", b"dup", b"ins", b"delins"], pa.binary())
NONE, DEL, DUP, INS, DELINS = range(5)
_SUFFIXES = pa.array([b"", b"%3D", b"fs", b"fsTer?", b"extTer?", b"fsTer", b"extTer"], pa.binary())
PLAIN, SAME, SHIFT, SHIFT_OPEN, LONGER_OPEN, SHIFT_TO, LONGER_TO = range(7)


@dataclass(frozen=True)
class Rows:
    """Some of the changes, with a look at the reference protein of each."""

    ref: Texts
    alt: Texts
    first: Ints
    transcripts: Transcripts
    transcript: Ints

    @classmethod
    def of(cls, change: PeptideChange, transcripts: Transcripts, transcript: Ints, rows: Ints) -> "Rows":
        """Return the chosen changes; what follows a stop in ``alt`` is left out."""
        alt = _until_stop(change.alt.take(rows))
        return cls(change.ref.take(rows), alt, change.first[rows], transcripts, transcript[rows])

    def __len__(self) -> int:
        return self.first.size

    def own(self, place: Ints, row: Ints | None = None) -> Bytes:
        """Return the reference's amino acids, a stop included, 0 for places outside of the protein."""
        transcript = self.transcript if row is None else self.transcript[row]
        return residues(self.transcripts, transcript, place, beyond=False)

    def after(self, place: Ints, row: Ints) -> Bytes:
        """Return what the frame of the CDS translates to, also after its end; 0 outside of the transcript."""
        return residues(self.transcripts, self.transcript[row], place, beyond=True)

    def cut(self, place: Ints) -> Bools:
        """Whether each place is that of the last codon of a CDS that ends within it."""
        models, transcript = self.transcripts, self.transcript
        size = models.cds_last[transcript] - models.cds_first[transcript] + 1 - models.phase[transcript]
        within: Bools = (size % 3 > 0) & (place == size // 3 + 1)
        return within


@dataclass(frozen=True)
class Name:
    """The parts of names: places of the first and last amino acid, what happens to them, and with what."""

    first: Ints
    last: Ints
    edit: Ints
    letters: Texts
    suffix: Ints
    number: Ints

    def written(self, rows: Rows, known: Bools | None = None) -> pa.BinaryArray:
        """Return the names, empty where not ``known``."""
        first, last = rows.own(self.first), rows.own(self.last)
        end = glue(b"_", NAMES.take(pa.array(last)), decimals(self.last))
        counted = pa.array(self.number, mask=self.suffix < SHIFT_TO).cast(pa.string()).view(pa.binary())
        names = glue(
            b"p.",
            NAMES.take(pa.array(first)),
            decimals(self.first),
            pc.if_else(pa.array(self.last > self.first), end, EMPTY),
            _EDITS.take(pa.array(self.edit)),
            arrow(_three(self.letters)),
            _SUFFIXES.take(pa.array(self.suffix)),
            counted,
        )
        # Before a codon that is cut off by the end, bases are put in all the same; it is written Xaa.
        found: Bools = (first != 0) & ((last != 0) | ((self.edit == INS) & rows.cut(self.last)))
        return pc.if_else(pa.array(found if known is None else found & known), names, EMPTY)


def letter(texts: Texts, row: Ints, place: Ints) -> Bytes:
    """Return the letters at 0-based ``place`` of texts ``row``, which broadcast; 0 outside of the text."""
    inside = (place >= 0) & (place < texts.sizes[row])
    if not texts.data.size:
        return np.zeros(inside.shape, np.uint8)
    return np.where(inside, texts.data[np.where(inside, texts.starts[row] + place, 0)], 0).astype(np.uint8, copy=False)


def _until_stop(texts: Texts) -> Texts:
    """Return each text up to its first stop, with it."""
    ends = np.cumsum(texts.sizes)
    stops = np.append(np.flatnonzero(texts.flat() == STOP), ends[-1] if ends.size else 0)
    begins = ends - texts.sizes
    found = stops[np.searchsorted(stops, begins)]
    return Texts(texts.data, texts.starts, np.minimum(texts.sizes, found - begins + 1))


def _three(texts: Texts) -> Texts:
    """Return amino acids in three-letter codes."""
    sizes = texts.sizes * 3
    return Texts(_LETTERS[texts.flat()].ravel(), np.cumsum(sizes) - sizes, sizes)
