"""Bytes in and out: plain, gzip or BGZF as the bytes say, not a name; files that appear whole or not at all."""

import errno
import fcntl
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from isal import isal_zlib

from ann.anntools.errors import BadInput
from ann.anntools.limits import Limits

DAMAGED = cast("type[Exception]", isal_zlib.error)  # the package's types take the class for an instance
CHUNK = 1 << 20
GZIP = b"\x1f\x8b"
# RFC 1952 member: 31 asks zlib for a gzip header and trailer around a window of 15 bits.
GZIP_WINDOW = 31

# What a first look can tell; the longest of these is shorter than what we look at.
FOREIGN = {
    b"\xff\xfe": "a text in UTF-16 (little-endian); save it as UTF-8 or ASCII",
    b"\xfe\xff": "a text in UTF-16 (big-endian); save it as UTF-8 or ASCII",
    b"#\x00": "a text in UTF-16 (little-endian); save it as UTF-8 or ASCII",
    b"\x00#": "a text in UTF-16 (big-endian); save it as UTF-8 or ASCII",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a ZIP archive (or an Office document); unpack it, or compress the VCF with gzip",
    b"BZh": "compressed with bzip2; use gzip or bgzip",
    b"\xfd7zXZ": "compressed with xz; use gzip or bgzip",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; use gzip or bgzip",
    b"BCF": "a BCF file; convert it with bcftools view",
    b"BAM\x01": "a BAM file",
    b"CRAM": "a CRAM file",
    b">": "a FASTA file",
    b"@": "a FASTQ or SAM file",
    b"<": "an HTML or XML document",
    b"{": "a JSON document",
}
LOOK = 8
# Windows editors put it before UTF-8; VCF 4.3, section 1.1, and bcftools want none.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# BGZF (SAM specification, section 4.1): gzip members of at most 64 KiB whose extra field BC tells their size.
BGZF_TEXT = 0xFF00
BGZF_HEADER = struct.Struct("<4BI2BH2B2H")
BGZF_TRAILER = struct.Struct("<2I")
BGZF_LEVEL = 3  # ISA-L's best, which packs like zlib's 4 in a third of the time
WAITING = 64  # members that one thread may be ahead of the file


class Sink(Protocol):
    """Whatever takes the annotated file, a piece at a time."""

    def write(self, data: Any, /) -> object:
        """Take the next bytes, anything that has the buffer protocol."""


class Reader(Protocol):
    """Whatever gives the input, a piece at a time."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        ...


class Counted:
    """A reader that knows how many bytes it gave: ``count``."""

    def __init__(self, stream: Reader) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none at the end."""
        piece = self._stream.read(size)
        self.count += len(piece)
        return piece


class Proportionate:
    """A sink that takes only what is in proportion to the input."""

    def __init__(self, sink: Sink, limits: Limits) -> None:
        self._sink = sink
        self._limits = limits
        self._given = self._written = 0

    def allow(self, size: int) -> None:
        """Count ``size`` more bytes of input."""
        self._given += size

    def write(self, data: Any, /) -> None:
        """Take the next bytes. Raises BadInput where the input does not justify so many."""
        self._written += len(data)
        if self._written > max(self._limits.result, self._given * self._limits.growth):
            raise BadInput(
                f"The result is larger than {self._limits.result:,} bytes and {self._limits.growth} times the input, "
                "the most that is written."
            )
        self._sink.write(data)


def chunks(stream: Reader, limits: Limits) -> Iterator[bytes]:
    """Yield the text of ``stream`` in pieces of at most 1 MiB, decompressed if it is gzip or BGZF.

    Raises BadInput where the stream is empty, plainly something else, or a gzip that is cut off, damaged, or larger
    than ``limits`` allow.
    """
    head = stream.read(CHUNK)
    if not head:
        raise BadInput("The file is empty; a VCF begins with ##fileformat=VCFv4.x.")
    pieces = _plain(stream, head) if head[:2] != GZIP else _gunzip(stream, head, limits)
    first = next(pieces, b"")
    if not first:
        raise BadInput("The gzip holds no bytes; a VCF begins with ##fileformat=VCFv4.x.")
    what = next((name for magic, name in FOREIGN.items() if first[:LOOK].startswith(magic)), None)
    if what:
        raise BadInput(f"The file is not a VCF: it looks like {what}.")
    if b"\r" in first[:-1] and b"\n" not in first:
        raise BadInput("The file has the line ends of old Macs, CR alone; save it with LF or CR LF.")
    yield first.removeprefix(BYTE_ORDER_MARK)
    yield from pieces


def _plain(stream: Reader, head: bytes) -> Iterator[bytes]:
    yield head
    while piece := stream.read(CHUNK):
        yield piece


def _gunzip(stream: Reader, head: bytes, limits: Limits) -> Iterator[bytes]:
    """Decompress gzip members one after another; BGZF is a gzip of many small members."""
    packed, unpacked = len(head), 0
    member = isal_zlib.decompressobj(GZIP_WINDOW)
    waiting = head
    parts: list[bytes] = []
    while True:
        try:
            piece = member.decompress(waiting, CHUNK)
        except DAMAGED as error:
            raise BadInput(f"The gzip is damaged after {unpacked:,} decompressed bytes.") from error
        unpacked += len(piece)
        _refuse_bomb(packed, unpacked, limits)
        parts.append(piece)
        if sum(map(len, parts)) >= CHUNK // 2:
            yield b"".join(parts)
            parts = []
        if not waiting and not piece:
            break
        waiting = member.unconsumed_tail or member.unused_data
        if not waiting:
            waiting = stream.read(CHUNK)
            packed += len(waiting)
        if member.eof:
            # Tapes and block devices pad a gzip with zeros.
            while not (text := waiting.lstrip(b"\0")) and (waiting := stream.read(CHUNK)):
                packed += len(waiting)
            waiting = text
            if not waiting:
                break
            if not GZIP.startswith(waiting[: len(GZIP)]):
                place = packed - len(waiting) + 1
                raise BadInput(f"Other bytes follow the gzip data, from byte {place} of the file on.")
            member = isal_zlib.decompressobj(GZIP_WINDOW)
    if not member.eof:
        raise BadInput(
            f"The gzip ends in the middle, after {unpacked:,} decompressed bytes; the upload or copy was cut off."
        )
    if parts:
        yield b"".join(parts)


def _refuse_bomb(packed: int, unpacked: int, limits: Limits) -> None:
    if unpacked > limits.unpacked:
        raise BadInput(f"The gzip unpacks to more than {limits.unpacked:,} bytes, the most that is taken.")
    if unpacked > limits.ratio_from and unpacked > packed * limits.ratio:
        raise BadInput(f"The gzip unpacks to more than {limits.ratio} times its size, the most that is taken.")


class BgzfWriter:
    """Compresses what is written to it into ``raw`` as BGZF, in ``threads`` threads; `close` ends the file."""

    def __init__(self, raw: BinaryIO, threads: int = 1) -> None:
        self._raw = raw
        self._waiting = bytearray()
        self._members: deque[Future[bytes]] = deque()
        self._ahead = WAITING * threads
        # The compressor leaves other threads alone while it works.
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def write(self, data: bytes | memoryview, /) -> int:
        """Take the next bytes."""
        self._waiting += data
        whole = len(self._waiting) - len(self._waiting) % BGZF_TEXT
        for start in range(0, whole, BGZF_TEXT):
            self._put(bytes(self._waiting[start : start + BGZF_TEXT]))
        del self._waiting[:whole]
        return len(data)

    def close(self) -> None:
        """Write what waits and the empty member that marks the end; ``raw`` stays open."""
        if self._waiting:
            self._put(bytes(self._waiting))
        self._waiting = bytearray()
        self._put(b"")
        self._write_members(0)
        if self._pool is not None:
            self._pool.shutdown()

    def abandon(self) -> None:
        """Let the threads go without ending the file."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _put(self, text: bytes) -> None:
        if self._pool is None:
            self._raw.write(_bgzf_member(text))
            return
        self._members.append(self._pool.submit(_bgzf_member, text))
        self._write_members(self._ahead)

    def _write_members(self, ahead: int) -> None:
        while len(self._members) > ahead:
            self._raw.write(self._members.popleft().result())


def _bgzf_member(text: bytes) -> bytes:
    packer = isal_zlib.compressobj(BGZF_LEVEL, isal_zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(text) + packer.flush()
    size = BGZF_HEADER.size + len(body) + BGZF_TRAILER.size
    header = BGZF_HEADER.pack(0x1F, 0x8B, 8, 4, 0, 0, 0xFF, 6, 0x42, 0x43, 2, size - 1)
    return header + body + BGZF_TRAILER.pack(isal_zlib.crc32(text), len(text))


@contextmanager
def whole_file(path: Path, threads: int = 1) -> Iterator[Sink]:
    """Open ``path`` for writing under a temporary name and rename it once all is written.

    Names in .gz and .bgz are compressed as BGZF, in ``threads`` threads. A pipe or device keeps its place and gets the
    bytes as they come. Raises OSError, also where another process is writing the same file.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as raw, _packed(raw, path, threads) as sink:
            yield sink
        return
    # Short, so that a name that is as long as the file system allows does not get longer.
    part = path.with_name(f".{zlib.crc32(os.fsencode(path.name)):08x}.part")
    # Only whoever holds the lock may empty the file.
    with open(part, "wb", opener=lambda name, flags: os.open(name, flags & ~os.O_TRUNC, 0o666)) as raw:
        _keep_others_off(raw, part, path)
        try:
            with _packed(raw, path, threads) as sink:
                yield sink
            # Renamed before it is closed, which would let others write to it.
            raw.flush()
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _keep_others_off(raw: BinaryIO, part: Path, path: Path) -> None:
    """Lock and empty ``raw``, the file ``part`` that will be ``path``. Raises OSError where another process has it."""
    busy = OSError(errno.EBUSY, "another process is writing it", str(path))
    try:
        fcntl.flock(raw, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had the lock may have renamed or removed the file since it was opened.
        if not os.path.samestat(os.fstat(raw.fileno()), part.stat()):
            raise busy
    except (BlockingIOError, FileNotFoundError):
        raise busy from None
    raw.truncate()


@contextmanager
def _packed(raw: BinaryIO, path: Path, threads: int) -> Iterator[Sink]:
    """Give what writes into ``raw``, through BGZF where the name of ``path`` says so."""
    if path.suffix not in {".gz", ".bgz"}:
        yield raw
        return
    packed = BgzfWriter(raw, threads)
    try:
        yield packed
        packed.close()
    finally:
        packed.abandon()
