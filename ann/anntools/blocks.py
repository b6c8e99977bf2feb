"""A block of records as columns, made without a loop over records."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ann.anntools.errors import BadInput, quoted
from ann.anntools.header import COLUMNS, Header, parse
from ann.anntools.limits import Limits
from ann.anntools.texts import Bytes, Ints, Texts

TAB, NEWLINE, RETURN, HASH, COMMA, DOT, LESS = b"\t\n\r#,.<"
CHROM, POS, ID, REF, ALT, QUAL, FILTER, INFO = range(len(COLUMNS))
CAPITAL = 0xDF  # a mask that makes letters of ASCII capital
WORD = 8  # bytes of an integer that holds a short name, and bits of a byte
# In each byte of a word: the digit 0, what brings 10 and more to a sixteenth, and the bits that digits do not have.
ZEROS, SIXES, NOT_DIGITS = (np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x06, 0xF0))
MOST_DIGITS = 10
# Blocks of long lines are larger than the pieces that come, since each costs some thousand calls: until there are so
# many records, or so many bytes.
ENOUGH, LARGEST = 1 << 12, 4 << 20
MAX_POS = (1 << 31) - 1  # VCF 4.3, section 1.6.1: positions are 32-bit integers


@dataclass(frozen=True)
class Block:
    """N whole lines of a VCF.

    ``data``: uint8, the lines with their ends. ``lines``: texts (N,), without CR and LF. ``tabs``: int64 (N, 8), where
    each of the first eight columns ends in ``data``. ``first_line``: 1-based number of the first line in the file.
    """

    data: Bytes
    lines: Texts
    tabs: Ints
    first_line: int

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, number: int) -> Texts:
        """Return one of the first eight columns."""
        starts = self.lines.starts if number == CHROM else self.tabs[:, number - 1] + 1
        return Texts(self.data, starts, self.tabs[:, number] - starts)

    def part(self, first: int, last: int) -> "Block":
        """Return records ``first`` up to, not with, ``last`` as a block of their own, sharing bytes."""
        stop = int(self.lines.starts[last]) if last < len(self) else self.data.size
        start = int(self.lines.starts[first])
        lines = Texts(self.data[start:stop], self.lines.starts[first:last] - start, self.lines.sizes[first:last])
        return Block(lines.data, lines, self.tabs[first:last] - start, self.first_line + first)

    @cached_property
    def pos(self) -> Ints:
        """POS, int64 (N,), 1-based. Raises BadInput where one is no number or out of range."""
        values, valid = integers(self.column(POS))
        bad = ~valid | (values > MAX_POS)
        if bad.any():
            record = int(np.argmax(bad))
            raise BadInput(
                f"POS is {quoted(self.column(POS)[record])}, it must be a number from 0 to {MAX_POS}.",
                self.first_line + record,
            )
        return values

    @cached_property
    def alleles(self) -> Ints:
        """Number of ALT alleles, int64 (N,); 1 where ALT is a dot."""
        alt = self.column(ALT)
        counts = np.ones(len(self), np.int64)
        several = np.flatnonzero((alt.sizes > 1) | (self.data[np.minimum(alt.starts, self.data.size - 1)] == COMMA))
        if several.size:
            written = alt.take(several)
            commas = np.concatenate(([0], np.cumsum(written.flat() == COMMA)))
            ends = np.cumsum(written.sizes)
            counts[several] += commas[ends] - commas[ends - written.sizes]
        return counts

    @cached_property
    def capitals(self) -> Bytes:
        """``data`` with the letters of ASCII as capitals, uint8; what is no letter may be anything."""
        return self.data & np.uint8(CAPITAL)

    def contigs(self) -> tuple[list[bytes], Ints]:
        """Return the distinct CHROM values and each record's place among them, int64 (N,)."""
        chrom = self.column(CHROM)
        if int(chrom.sizes.max()) > WORD:
            return self._long_contigs(chrom)
        # A record has at least eight bytes, so a word can be read wherever one begins.
        words = np.ndarray((self.data.size - WORD + 1,), "<u8", self.data, strides=(1,))[chrom.starts]
        unused = ((WORD - chrom.sizes) * WORD).astype(np.uint64)
        words = (words << unused) >> unused
        begins = np.flatnonzero(np.concatenate(([True], words[1:] != words[:-1])))
        names, codes = np.unique(words[begins], return_inverse=True)
        runs = np.diff(np.append(begins, len(self)))
        return [name.tobytes().rstrip(b"\0") for name in names], np.repeat(codes.astype(np.int64), runs)

    def _long_contigs(self, chrom: Texts) -> tuple[list[bytes], Ints]:
        width = int(chrom.sizes.max())
        padded = np.zeros((len(self), width), np.uint8)
        padded[np.arange(width) < chrom.sizes[:, None]] = chrom.flat()
        names, codes = np.unique(padded.view(f"S{width}").ravel(), return_inverse=True)
        return names.tolist(), codes.astype(np.int64)


def integers(texts: Texts) -> tuple[Ints, NDArray[np.bool_]]:
    """Return each row as a number and whether it is one: 1 to 10 digits and nothing else."""
    ends = texts.starts + texts.sizes
    valid = (texts.sizes > 0) & (texts.sizes <= MOST_DIGITS)
    # The first words of the data are not whole; there it is at most a few rows.
    early = valid & (ends < 2 * WORD)
    valid &= ~early
    safe = np.where(valid, ends, 2 * WORD) if not valid.all() else ends
    if texts.data.size < 2 * WORD:
        values, found = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    else:
        values, found = _eight_digits(texts.data, safe, np.minimum(texts.sizes, WORD))
    longer = np.flatnonzero(valid & (texts.sizes > WORD))
    if longer.size:
        higher, also = _eight_digits(texts.data, ends[longer] - WORD, texts.sizes[longer] - WORD)
        values[longer] += higher * 10**WORD
        found[longer] &= also
    valid &= found
    for row in np.flatnonzero(early).tolist():
        text = texts[row]
        valid[row] = text.isdigit()
        values[row] = int(text) if text.isdigit() else 0
    return values, valid


def _eight_digits(data: Bytes, ends: Ints, sizes: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Return the numbers of 1 to 8 digits that end before ``ends`` (at least 8), and whether they are numbers.

    All bytes of a word are worked on at once, the last digit in its highest byte: neighbours become numbers of two,
    four and eight digits.
    """
    words = np.ndarray((data.size - WORD + 1,), "<u8", data, strides=(1,))[ends - WORD]
    unused = ((WORD - sizes) * WORD).astype(np.uint64)
    digits = ((words >> unused) << unused) - ((ZEROS >> unused) << unused)
    valid = ((digits | (digits + SIXES)) & NOT_DIGITS) == 0
    pairs = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    eights = (fours * np.uint64(10000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return eights.astype(np.int64), valid


def read(pieces: Iterator[bytes], limits: Limits) -> tuple[Header, Iterator[Block]]:
    """Return the header of a VCF given as pieces of text, and its records as blocks.

    Raises BadInput here for the header, and from the iterator for the records.
    """
    lines: list[bytes] = []
    rest = b""
    taken = 0
    for piece in pieces:
        rest += piece
        end = 0
        while rest[end : end + 1] == b"#" and (stop := rest.find(b"\n", end) + 1):
            lines.append(rest[end:stop])
            end = stop
        taken += end
        rest = rest[end:]
        if rest[:1] == b"#":
            _check_line(len(rest), len(lines) + 1, limits)
        if taken > limits.header:
            raise BadInput(f"The header is longer than {limits.header:,} bytes, the most that is taken.")
        if len(lines) > limits.header_lines:
            raise BadInput(f"The header has more than {limits.header_lines:,} lines, the most that is taken.")
        if rest and rest[:1] != b"#":
            break
    if rest[:1] == b"#":
        lines.append(rest)
        rest = b""
    header = parse(lines, rest)
    return header, _blocks(rest, pieces, header, limits)


def _blocks(rest: bytes, pieces: Iterator[bytes], header: Header, limits: Limits) -> Iterator[Block]:
    number = first = len(header.lines) + 1
    waiting: list[bytes] = []
    lines = size = 0
    for piece in chain([rest], pieces):
        waiting.append(piece)
        lines += piece.count(b"\n")
        size += len(piece)
        if not lines:
            _check_line(size, number, limits)
            continue
        # The first records go on at once: they tell the assembly, and who reads the result waits for its header.
        if lines < ENOUGH and size < LARGEST and number > first:
            continue
        text = b"".join(waiting)
        # Empty lines at the very end of a file are dropped, so those at the end of a piece must wait.
        body = text[: text.rfind(b"\n") + 1].rstrip(b"\r\n")
        cut = text.find(b"\n", len(body)) + 1 if body else 0
        waiting = [text[cut:]]
        lines, size = 0, len(waiting[0])
        if cut:
            block = block_of(text[:cut], number, header, limits)
            number += len(block)
            yield block
    last = b"".join(waiting)
    end = len(last.rstrip(b"\r\n"))
    if end:
        yield block_of(last[: last.find(b"\n", end) + 1 or None], number, header, limits)


def _check_line(size: int, number: int, limits: Limits) -> None:
    if size > limits.line:
        raise BadInput(f"The line is longer than {limits.line:,} bytes, the most that is taken.", number)


def block_of(text: bytes, first_line: int, header: Header, limits: Limits) -> Block:
    """Return whole lines as a block. Raises BadInput where a line is no record of this header."""
    data = np.frombuffer(text, np.uint8)
    newlines = np.flatnonzero(data == NEWLINE)
    stops = newlines if text.endswith(b"\n") else np.append(newlines, data.size)
    starts = np.concatenate(([0], stops[:-1] + 1))
    returned = (stops > starts) & (data[np.maximum(stops - 1, 0)] == RETURN)
    ends = stops - returned
    lines = Texts(data, starts, ends - starts)
    block = Block(data, lines, _ends_of_columns(lines, ends, first_line, header), first_line)
    _refuse_nul(lines, text, first_line)
    _refuse_excess(block, limits)
    return block


def _ends_of_columns(lines: Texts, ends: Ints, first_line: int, header: Header) -> Ints:
    """Return where the first eight columns of each line end, int64 (N, 8)."""
    tabs = np.flatnonzero(lines.data == TAB)
    each = header.columns - 1
    if tabs.size == each * len(lines):
        grid = tabs.reshape(len(lines), each)
        if (grid[:, 0] >= lines.starts).all() and (grid[:, -1] < ends).all():
            _refuse_headings(lines, first_line)
            eighth = ends[:, None] if each < len(COLUMNS) else grid[:, INFO : INFO + 1]
            return np.concatenate((grid[:, :INFO], eighth), axis=1)
    # The number of tabs is wrong somewhere; what is left to find out is where.
    columns = np.searchsorted(tabs, ends) - np.searchsorted(tabs, lines.starts) + 1
    raise _bad_line(lines, int(np.argmax(columns != header.columns)), first_line, header)


def _refuse_headings(lines: Texts, first_line: int) -> None:
    heads = lines.data[np.minimum(lines.starts, lines.data.size - 1)]
    if (heads == HASH).any():
        raise _heading(lines, int(np.argmax(heads == HASH)), first_line)


def _heading(lines: Texts, record: int, first_line: int) -> BadInput:
    if lines[record].startswith(b"#CHROM"):
        return BadInput("The line #CHROM stands twice; a VCF has it once, before its records.", first_line + record)
    return BadInput("A header line stands between the records; header lines come first.", first_line + record)


def _bad_line(lines: Texts, record: int, first_line: int, header: Header) -> BadInput:
    """Return what is wrong with a line that has another number of columns than the header."""
    line = lines[record]
    count = line.count(b"\t") + 1
    if line.startswith(b"#"):
        return _heading(lines, record, first_line)
    if not line.strip():
        sentence = "The line is empty; between records there are no empty lines."
    elif count < len(COLUMNS):
        sentence = f"The record has {count} of the {len(COLUMNS)} columns that a VCF needs, separated by tabs."
    else:
        sentence = f"The record has {count} columns, the line #CHROM names {header.columns}."
    return BadInput(sentence, first_line + record)


def _refuse_nul(lines: Texts, text: bytes, first_line: int) -> None:
    at = text.find(b"\0")
    if at >= 0:
        record = int(np.searchsorted(lines.starts, at, side="right")) - 1
        raise BadInput("The record holds a NUL byte, which no text has.", first_line + record)


def _refuse_excess(block: Block, limits: Limits) -> None:
    checks = (
        (block.lines.sizes > limits.line, f"The line is longer than {limits.line:,} bytes, the most that is taken."),
        (block.column(CHROM).sizes > limits.contig, f"CHROM is longer than {limits.contig} characters."),
        (block.column(CHROM).sizes == 0, "CHROM is empty."),
        (block.column(REF).sizes == 0, "REF is empty."),
        (block.column(ALT).sizes > limits.alt, f"ALT is longer than {limits.alt:,} bytes, the most that is taken."),
        (_many_alleles(block, limits), f"ALT has more than {limits.alleles} alleles, the most that is taken."),
    )
    for wrong, sentence in checks:
        if wrong.any():
            raise BadInput(sentence, block.first_line + int(np.argmax(wrong)))


def _many_alleles(block: Block, limits: Limits) -> NDArray[np.bool_]:
    if int(block.column(ALT).sizes.max()) < 2 * limits.alleles:
        return np.zeros(1, np.bool_)
    many: NDArray[np.bool_] = block.alleles > limits.alleles
    return many
