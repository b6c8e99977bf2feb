"""What a sources.toml asks for: a reference's name, its sequence, its genes, and the sources joined to records."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ann.anntools.errors import ReferenceDataError, clipped
from ann.anntools.header import InfoKey

GENE_FORMATS = ("gff3", "gtf", "genepred")
SOURCE_FORMATS = ("bed", "ucsc", "vcf", "gff3", "promoter")
MATCHES = ("overlap", "allele", "gene")
TYPES = ("String", "Integer", "Float", "Flag")
NUMBERS = {"overlap": ("0", "1", "."), "gene": ("0", "1", "."), "allele": ("0", "1", "A", ".")}
SPLITS = ("A", "R", "whole")
ID_COLUMN = "column"  # the one way so far to ask for identifiers: the ID column of the source goes into ours
# VCF 4.3, section 1.6.1, of keys; AnnTools' names of sources become names of files.
KEY = re.compile(r"[A-Za-z_][0-9A-Za-z_.]{0,62}")
# What the engine itself writes or reads; names in GAS_ it takes where the input has a key of ours.
RESERVED = ("ANN", "GENE", "REGION", "END", "SVLEN", "CHR2")
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,62}")
DIGEST = {"sha256": 64, "md5": 32}
ADDRESS = re.compile(r"https?://(?:[0-9A-Za-z._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?/[!-~]+")
FIELD = re.compile(r"\{([^{}+]+)(\+1)?\}")


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where a file comes from: ``file``, beside the sources.toml unless absolute, or ``url``; one of them is None.

    ``sha256`` and ``md5`` are lower-case hexadecimal, None where the recipe does not say.
    """

    file: Path | None
    url: str | None
    sha256: str | None = None
    md5: str | None = None

    @property
    def stem(self) -> str:
        """The name of the file up to its first dot: UCSC's tables are called like their files."""
        name = self.file.name if self.file else (self.url or "").rpartition("/")[2]
        return name.partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class GenesSpec:
    """The gene models: ``format`` is one of GENE_FORMATS."""

    location: Location
    format: str
    release: str


@dataclass(frozen=True, kw_only=True)
class InfoSpec:
    """An INFO key and the column that its values come from.

    ``column`` is a name or, with braces, a pattern such as ``{otherChrom}:{otherStart+1}-{otherEnd}``. ``split`` is one
    of SPLITS, how a value of a VCF's record belongs to its alleles: one each (A), one each after that of REF (R), or as
    a whole to all; None leaves it to the VCF's header.
    """

    key: InfoKey
    column: str
    split: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that the value is made of."""
        return tuple(name for name, _ in FIELD.findall(self.column)) or (self.column,)


@dataclass(frozen=True, kw_only=True)
class SourceSpec:
    """A source: ``format`` of SOURCE_FORMATS, ``match`` of MATCHES; ``ids`` tells whether its ID goes into ours.

    ``table`` is the table's name where UCSC's is other than the file's; ``columns`` name a table's columns in order,
    empty where the format does. ``skip`` are contigs of the file that are left out.
    """

    name: str
    location: Location
    format: str
    match: str
    infos: tuple[InfoSpec, ...]
    release: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    ids: bool = False


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole sources.toml; ``sequence`` and ``genes`` are None where it names none."""

    name: str
    release: str
    sequence: Location | None
    genes: GenesSpec | None
    sources: tuple[SourceSpec, ...]


def load(path: Path) -> Recipe:
    """Return the recipe in the file ``path``. Raises ReferenceDataError with what is wrong and what is allowed."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ReferenceDataError(f"The recipe {path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ReferenceDataError(f"The recipe {path} is not TOML: {clipped(str(error))}.") from error
    except RecursionError:
        raise ReferenceDataError(f"The recipe {path} has lists or tables too deep within each other.") from None
    return parse(table, path)


def parse(table: Mapping[str, Any], path: Path) -> Recipe:
    """Return the recipe of a parsed TOML file; ``path`` is for sentences and for files named relative to it."""
    top = _Section(path, "the file", table)
    reference = top.section("reference")
    sequence = top.section("sequence") if "sequence" in table else None
    genes = top.section("genes") if "genes" in table else None
    recipe = Recipe(
        name=reference.matching("name", NAME),
        release=reference.text("release", ""),
        sequence=sequence.location() if sequence else None,
        genes=_genes(genes) if genes else None,
        sources=tuple(_source(section) for section in top.sections("source")),
    )
    for section in (top, reference, sequence, genes):
        if section:
            section.refuse_unknown()
    names = [source.name for source in recipe.sources]
    top.refuse_twice("source", names)
    top.refuse_twice("key", [info.key.name for source in recipe.sources for info in source.infos])
    return recipe


def _genes(section: "_Section") -> GenesSpec:
    return GenesSpec(
        location=section.location(),
        format=section.choice("format", GENE_FORMATS),
        release=section.text("release", ""),
    )


def _source(section: "_Section") -> SourceSpec:
    source_format = section.choice("format", SOURCE_FORMATS)
    match = section.choice("match", MATCHES, "overlap")
    if match == "allele" and source_format not in {"vcf", "ucsc"}:
        section.refuse("match", match, "overlap or gene where format is not vcf or ucsc")
    location = section.location()
    spec = SourceSpec(
        name=section.matching("name", NAME),
        location=location,
        format=source_format,
        match=match,
        infos=tuple(_info(info, match) for info in section.sections("info")),
        release=section.text("release", ""),
        table=section.text("table", location.stem),
        columns=section.texts("columns"),
        skip=section.texts("skip"),
        ids=section.choice("id", (ID_COLUMN,), "") == ID_COLUMN,
    )
    if spec.ids and match != "allele":
        section.refuse("id", ID_COLUMN, "none unless match is allele")
    if not spec.infos and not spec.ids:
        section.refuse("info", "missing", "at least one table with key, number, type, description and column")
    section.refuse_unknown()
    return spec


def _info(section: "_Section", match: str) -> InfoSpec:
    number = section.choice("number", NUMBERS[match])
    key = InfoKey(section.matching("key", KEY), number, section.choice("type", TYPES), section.text("description"))
    if key.name in RESERVED or key.name.startswith("GAS_"):
        section.refuse("key", key.name, f"none of {', '.join(RESERVED)} and none that begins with GAS_")
    if (key.type == "Flag") != (number == "0"):
        section.refuse("number", number, "0 for a Flag and only for it")
    if '"' in key.description or "\\" in key.description or not key.description.isprintable():
        section.refuse("description", key.description, "printable text without quotation marks and backslashes")
    spec = InfoSpec(
        key=key,
        column=section.text("column", "" if number == "0" else None),
        split=section.choice("split", SPLITS, "") or None,
    )
    section.refuse_unknown()
    return spec


@dataclass
class _Section:
    """A table of a recipe, which remembers what was asked for so that the rest can be refused."""

    path: Path
    title: str
    table: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._known: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """Return the text at ``key``; without a default it must be there and not empty."""
        value = self._get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            self.refuse(key, value, "text")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at ``key``, empty where it is missing."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.refuse(key, value, "a list of texts")
        return tuple(value)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return the text at ``key``, which must be one of ``allowed``."""
        value = self.text(key, default)
        if value not in allowed and key in self.table:
            self.refuse(key, value, "one of " + ", ".join(allowed))
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        """Return the text at ``key``, all of which ``pattern`` must match."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            self.refuse(key, value, "letters, digits, _ and ., at most 63, of a key no digit first")
        return value

    def location(self) -> Location:
        """Return where the file of this table is."""
        file, url = self.text("file", ""), self.text("url", "")
        if bool(file) == bool(url):
            self.refuse("file", file or "missing", "either file or url")
        if url and not ADDRESS.fullmatch(url):
            self.refuse("url", url, "an address that begins with https:// or http://, without blanks")
        digests = {name: self.text(name, "").lower() for name in DIGEST}
        for name, digest in digests.items():
            if digest and not re.fullmatch(f"[0-9a-f]{{{DIGEST[name]}}}", digest):
                self.refuse(name, digest, f"{DIGEST[name]} hexadecimal digits")
        return Location(
            file=self.path.parent / file if file else None,
            url=url or None,
            sha256=digests["sha256"] or None,
            md5=digests["md5"] or None,
        )

    def section(self, key: str) -> "_Section":
        """Return the table at ``key``, which must be there."""
        value = self._get(key, None)
        if not isinstance(value, dict):
            self.refuse(key, value, "a table")
        return _Section(self.path, f"[{key}]", dict(value))

    def sections(self, key: str) -> list["_Section"]:
        """Return the tables at ``key``, which is one or a list of them or missing."""
        value = self._get(key, [])
        rows = [value] if isinstance(value, dict) else value
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.refuse(key, value, "a table or a list of tables")
        shown = f" of {self.title}" if self.title != "the file" else ""
        return [
            _Section(self.path, f"{key} {row.get('name', row.get('key', i + 1))}{shown}", row)
            for i, row in enumerate(rows)
        ]

    def refuse(self, key: str, value: Any, allowed: str) -> None:
        """Raise ReferenceDataError that ``key`` is ``value`` where ``allowed`` is allowed."""
        said = "is missing" if value is None else f"is {clipped(str(value))!r}"
        raise ReferenceDataError(f"In {self.path.name}, {self.title}: {key} {said}; allowed is {allowed}.")

    def refuse_unknown(self) -> None:
        """Raise ReferenceDataError where the table has a key that nobody asked for."""
        for key in self.table:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise ReferenceDataError(
                    f"In {self.path.name}, {self.title}: {clipped(key)!r} is unknown; known are {known}."
                )

    def refuse_twice(self, what: str, names: list[str]) -> None:
        """Raise ReferenceDataError where two of ``names`` are the same."""
        for name in names:
            if names.count(name) > 1:
                raise ReferenceDataError(f"In {self.path.name}: the {what} {name} stands twice; each may stand once.")

    def _get(self, key: str, default: Any) -> Any:
        self._known.add(key)
        return self.table.get(key, default)
