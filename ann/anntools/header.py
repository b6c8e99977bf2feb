"""The header of a VCF: its lines, what they declare, and where ours go."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ann.anntools.errors import BadInput, clipped, quoted

COLUMNS = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
VERSIONS = ("VCFv3.3", "VCFv4.0", "VCFv4.1", "VCFv4.2", "VCFv4.3", "VCFv4.4", "VCFv4.5")
INFO, CONTIG = b"##INFO=", b"##contig="
# A value in quotation marks may hold commas, and after a backslash quotation marks; VCF 4.3, section 1.4.
ATTRIBUTE = re.compile(rb'(?:^|,)\s*(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)')
LENGTH = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True)
class InfoKey:
    """An INFO key that we add, with what its header line says of it."""

    name: str
    number: str
    type: str
    description: str

    def line(self) -> bytes:
        """Return the header line without its end."""
        return (
            f'##INFO=<ID={self.name},Number={self.number},Type={self.type},Description="{self.description}">'
        ).encode()


@dataclass(frozen=True, slots=True)
class Contig:
    """What a ##contig line declares; ``length`` in bases, 0 where it does not say."""

    name: str
    length: int
    assembly: str


@dataclass(frozen=True)
class Header:
    """Header lines as they came, ends of lines included; the last is #CHROM."""

    lines: Sequence[bytes]
    warnings: list[str] = field(default_factory=list)

    @property
    def columns(self) -> int:
        """Number of columns that #CHROM names."""
        return self.lines[-1].count(b"\t") + 1

    @property
    def line_end(self) -> bytes:
        """How #CHROM ends: CR LF on files from Windows."""
        return b"\r\n" if self.lines[-1].endswith(b"\r\n") else b"\n"

    @property
    def samples(self) -> int:
        """Number of samples."""
        return max(self.columns - len(COLUMNS) - 1, 0)

    @property
    def sample_names(self) -> tuple[str, ...]:
        """Names of the samples."""
        return tuple(_text(name) for name in self.lines[-1].rstrip(b"\r\n").split(b"\t")[len(COLUMNS) + 1 :])

    @property
    def version(self) -> str:
        """What ##fileformat says, empty where it is missing."""
        return next((value.split()[0] for value in self.values("fileformat") if value), "")

    @cached_property
    def info(self) -> dict[str, bytes]:
        """INFO keys that the input declares, each with its line without the line's end."""
        lines = (line.rstrip(b"\r\n") for line in self.lines if line.startswith(INFO))
        return {key: line for line in lines if (key := _info_key(line))}

    @cached_property
    def contigs(self) -> list[Contig]:
        """The ##contig lines."""
        lines = (line for line in self.lines if line[: len(CONTIG)].lower() == CONTIG)
        return [_contig(_attributes(line[len(CONTIG) :])) for line in lines]

    def values(self, key: str) -> list[str]:
        """Return the values of the unstructured lines ``##key=value``, in order."""
        start = b"##" + key.encode() + b"="
        return [_text(line[len(start) :]).strip() for line in self.lines if line.startswith(start)]

    def with_info(self, keys: Sequence[InfoKey]) -> bytes:
        """Return the header's bytes with a line for each of ``keys`` just before #CHROM.

        A line of the input that is the same as one of ours is left out, so that annotating twice adds none.
        """
        ours = [key.line() for key in keys]
        kept = [line for line in self.lines[:-1] if line.rstrip(b"\r\n") not in ours]
        return b"".join([*kept, *(line + self.line_end for line in ours), self.lines[-1]])


def parse(lines: Sequence[bytes], following: bytes) -> Header:
    """Return the header made of ``lines``, the lines at the top that begin with ``#``.

    ``following`` is the beginning of the line after them, for messages. Raises BadInput where this is no VCF header.
    """
    if not lines or not lines[0].startswith((b"##", b"#CHROM")):
        shown = quoted((lines[0] if lines else following).partition(b"\n")[0].strip())
        raise BadInput(f"The file is not a VCF: it begins with {shown} instead of ##fileformat=VCFv4.x.")
    for number, line in enumerate(lines, start=1):
        if b"\0" in line:
            raise BadInput("The header holds a NUL byte, which no text has.", number)
    titles = [number for number, line in enumerate(lines) if line.startswith(b"#CHROM")]
    if not titles:
        raise BadInput("The line #CHROM POS ID REF ALT QUAL FILTER INFO is missing between header and records.")
    if len(titles) > 1:
        raise BadInput("The line #CHROM stands twice; a VCF has it once.", titles[1] + 1)
    if titles[0] != len(lines) - 1:
        raise BadInput("The line #CHROM must be the last of the header.", titles[0] + 1)
    if tuple(lines[-1].rstrip(b"\r\n").split(b"\t")[: len(COLUMNS)]) != COLUMNS:
        raise BadInput(
            "The line #CHROM must name CHROM POS ID REF ALT QUAL FILTER INFO, separated by tabs.", len(lines)
        )
    header = Header(lines)
    if header.version not in VERSIONS:
        said = f"says {clipped(header.version)}" if header.version else "is missing"
        header.warnings.append(f"##fileformat {said}; read as {VERSIONS[-1]}, known are {', '.join(VERSIONS)}.")
    return header


def _info_key(line: bytes) -> str:
    """Return the key that a line declares, empty where it has none."""
    value = line[len(INFO) :]
    if value.startswith(b"<"):
        return _attributes(value).get("ID", "")
    # VCF 3.3 wrote ##INFO=DP,1,Integer,"…"; since 4.0 it is ##INFO=<ID=DP,Number=1,…>.
    return _text(value.partition(b",")[0]).strip()


def _contig(attributes: dict[str, str]) -> Contig:
    length = attributes.get("length", "")
    return Contig(
        attributes.get("ID", ""), int(length) if LENGTH.fullmatch(length) else 0, attributes.get("assembly", "")
    )


def _attributes(value: bytes) -> dict[str, str]:
    """Return what stands between < and >, values without their quotation marks; of two with one name the first."""
    body = value.strip().removeprefix(b"<").removesuffix(b">")
    found: dict[str, str] = {}
    for name, text in ATTRIBUTE.findall(body):
        found.setdefault(_text(name), _text(text).strip().strip('"'))
    return found


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
