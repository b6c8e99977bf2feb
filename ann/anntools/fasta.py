"""FASTA: the bases of all contigs one after another, in capitals, N for what is not one of A, C, G and T."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ann.anntools.errors import quoted
from ann.anntools.source_files import at_line, opened

BLOCK = 1 << 23
HEADER = b">"
BLANKS = b" \t\r\n"
WRONG = 0
# The letters of IUPAC's nucleotide code, among them U for RNA.
AMBIGUOUS = b"RYSWKMBDHVNU"
_table = bytearray(256)
for _letters, _bases in ((b"ACGT", b"ACGT"), (AMBIGUOUS, b"N" * len(AMBIGUOUS))):
    for _letter, _base in zip(_letters, _bases, strict=True):
        _table[_letter] = _table[_letter | 0x20] = _base
TABLE = bytes(_table)


@dataclass
class _Reading:
    """How far the reading of one file has come; ``lines`` is the number of line ends so far."""

    path: Path
    out: BinaryIO
    lines: int = 0
    lengths: dict[str, int] = field(default_factory=dict)
    name: str = ""

    def header(self, line: bytes) -> None:
        """Begin the contig that ``line``, which has no end of line, names."""
        self.finish()
        words = line[len(HEADER) :].split(None, 1)
        if not words:
            raise at_line(self.path, self.lines + 1, "The contig has no name.")
        self.name = words[0].decode("utf-8", "replace")
        if self.name in self.lengths:
            raise at_line(self.path, self.lines + 1, f"The contig {quoted(words[0])} is there twice.")
        self.lengths[self.name] = 0
        self.lines += 1

    def bases(self, text: bytes) -> None:
        """Take text between two headers, or a part of it."""
        found = text.translate(TABLE, BLANKS)
        if WRONG in found:
            self._blame(text)
        if found and not self.name:
            raise at_line(self.path, self.lines + 1, "A FASTA begins with a line that starts with >.")
        if found:
            self.lengths[self.name] += len(found)
            self.out.write(found)
        self.lines += text.count(b"\n")

    def finish(self) -> None:
        """End the contig in hand."""
        if self.name and not self.lengths[self.name]:
            raise at_line(self.path, self.lines, f"The contig {quoted(self.name.encode())} has no bases.")

    def _blame(self, text: bytes) -> None:
        place = next(i for i, letter in enumerate(text) if letter not in BLANKS and TABLE[letter] == WRONG)
        if not self.name:
            raise at_line(self.path, self.lines + 1, "A FASTA begins with a line that starts with >.")
        line = self.lines + text.count(b"\n", 0, place) + 1
        raise at_line(self.path, line, f"{quoted(text[place : place + 1])} is no base; IUPAC's letters are allowed.")


def write_bases(path: Path, out: BinaryIO) -> dict[str, int]:
    """Write the bases of the FASTA ``path`` to ``out`` and return the lengths of its contigs by name, in order.

    A name is the first word of its header. Raises ReferenceDataError, with the line number where one is to blame,
    where the file cannot be read, a contig has no name, no bases or the name of another, or a byte is no base.
    """
    reading = _Reading(path, out)
    with opened(path) as stream:
        rest = b""  # a header whose end is not there yet
        at_line_start = True
        while block := stream.read(BLOCK):
            text = rest + block
            rest = b""
            start = 0
            while start < len(text):
                if at_line_start and text.startswith(HEADER, start):
                    end = text.find(b"\n", start)
                    if end < 0:
                        rest = text[start:]
                        break
                    reading.header(text[start:end])
                    start = end + 1
                    continue
                found = text.find(b"\n" + HEADER, start)
                end = len(text) if found < 0 else found + 1
                reading.bases(text[start:end])
                at_line_start = text[end - 1 : end] == b"\n"
                start = end
        if rest:
            reading.header(rest)
    reading.finish()
    if not reading.lengths:
        raise at_line(path, 1, "The FASTA holds no contig.")
    return reading.lengths
