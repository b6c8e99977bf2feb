"""Which genome the positions refer to, and the evidence for it."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ann.anntools.errors import UnknownAssembly, clipped
from ann.anntools.header import Header
from ann.anntools.refdata import BUNDLE

NAMES = ("GRCh38", "GRCh37", "hg18", "rCRS")
# How people write them, alone or inside a file name; the boundaries keep b37 from being found in ab370.
PATTERNS = {
    "GRCh38": r"GRCh38(?:\.p\d+)?|hg38|b38|hs38(?:DH|d1)?|GCA_000001405\.1[5-9]|GCF_000001405\.(2[6-9]|[34]\d)",
    "GRCh37": (
        r"GRCh37(?:\.p\d+)?|hg19|b37|v37|hs37(?:d5)?|build_?37|NCBI_?37|GCA_000001405\.1(?!\d)|GCF_000001405\.(13|25)"
    ),
    "hg18": r"hg18|NCBI_?36|b36|build_?36",
    "rCRS": r"rCRS|NC_012920",
}
OTHERS = r"T2T|CHM13|hs1|hg1[67]|NCBI_?3[45]|b3[45]|mm\d+|GRCm\d+|rn\d|danRer\d+|dm\d|ce1[01]|sacCer\d"
FOUND = {
    name: re.compile(rf"(?<![0-9A-Za-z])(?:human_?)?(?:g1k_)?(?:{pattern})(?![0-9])", re.IGNORECASE)
    for name, pattern in PATTERNS.items()
}
OTHER = re.compile(rf"(?<![0-9A-Za-z])(?:{OTHERS})(?![0-9A-Za-z])", re.IGNORECASE)
MITOCHONDRION = "MT"
RCRS_LENGTH = 16569
# Versions of the RefSeq accessions NC_000001 to NC_000024 go up by one from assembly to assembly, by contig.
REFSEQ = re.compile(r"NC_0*([0-9]{1,6})\.([0-9]{1,3})")
REFSEQ_MITOCHONDRION = 12920
REFSEQ_VERSIONS = {
    "hg18": (9, 10, 10, 10, 8, 10, 12, 9, 10, 9, 8, 10, 9, 7, 8, 8, 9, 8, 8, 9, 7, 9, 9, 8),
    "GRCh37": (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9),
    "GRCh38": (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10),
}  # fmt: skip
NUCLEAR = (*(str(number) for number in range(1, 23)), "X", "Y")
MITOCHONDRIAL = {"M", "MT"}


@dataclass(frozen=True)
class Assembly:
    """The assembly taken, ``name`` one of NAMES, and ``why``, a sentence; ``warnings`` are sentences too."""

    name: str
    why: str
    warnings: tuple[str, ...] = ()


def contig_name(chrom: str) -> str:
    """Return our name of a contig (1 to 22, X, Y, MT) for chr1, 1, CHR1, chrM, M, MT or NC_000001.11; else as it is."""
    accession = REFSEQ.fullmatch(chrom)
    if accession:
        number = int(accession[1])
        if number == REFSEQ_MITOCHONDRION:
            return MITOCHONDRION
        return NUCLEAR[number - 1] if 1 <= number <= len(NUCLEAR) else chrom
    bare = chrom[3:] if chrom[:3].lower() == "chr" else chrom
    upper = bare.upper()
    if upper in MITOCHONDRIAL:
        return MITOCHONDRION
    if upper in {"23", "24"}:  # PLINK's numbers
        return NUCLEAR[int(upper) - 1]
    return upper if upper in NUCLEAR else chrom


def named(name: str) -> str:
    """Return the assembly that a person means by ``name``. Raises UnknownAssembly with the choices."""
    for assembly, pattern in FOUND.items():
        if pattern.fullmatch(name.strip()):
            return assembly
    raise UnknownAssembly(f"The assembly {name!r} is not known; choose one of {choices()}.")


def choices() -> str:
    """Return the assemblies that we have, for a message."""
    return "GRCh38 (hg38), GRCh37 (hg19), hg18 (NCBI36) or rCRS (mitochondrion)"


def find(header: Header, contigs: Iterable[str], wanted: str | None) -> Assembly:
    """Return the assembly of a file.

    ``contigs`` are the CHROM values of its first records, ``wanted`` is what the user asked for, None for nothing.
    Raises UnknownAssembly where nothing tells, where only an assembly that we lack fits, or where the header
    contradicts itself.
    """
    clues = [*_header_clues(header), *_contig_clues(header, contigs)]
    if wanted is not None:
        name = named(wanted)
        against = [f"{why}, which means {other}" for other, why in clues if other != name]
        warnings = tuple(f"The assembly {name} was asked for, but {clue}." for clue in against[:1])
        return Assembly(name, "it was asked for", warnings)
    if clues:
        name, why = clues[0]
        against = [f"{why}, but {clue} means {other}" for other, clue in clues if other != name]
        return Assembly(name, why, tuple(f"The header disagrees with itself: {clue}." for clue in against[:1]))
    names = {contig_name(chrom) for chrom in contigs}
    if names == {MITOCHONDRION}:
        return Assembly("rCRS", "all records lie on the mitochondrion")
    foreign = next((match[0] for line in _reference_lines(header) if (match := OTHER.search(line))), None)
    if foreign:
        raise UnknownAssembly(
            f"The header names the assembly {foreign}, which is not available; there are {choices()}."
        )
    raise UnknownAssembly(
        "The assembly cannot be known: the header names none in ##reference or ##contig, and the records do not tell; "
        f"choose one of {choices()}."
    )


def _reference_lines(header: Header) -> list[str]:
    return [*header.values("reference"), *header.values("assembly"), *(c.assembly for c in header.contigs)]


def _header_clues(header: Header) -> Iterable[tuple[str, str]]:
    """Yield (assembly, evidence) from what the header says, the most direct first."""
    for key in ("reference", "assembly"):
        for value in header.values(key):
            yield from ((name, f"##{key} says {clipped(value)}") for name in _mentioned(value))
    said = Counter(name for contig in header.contigs for name in _mentioned(contig.assembly))
    yield from ((name, f"{count} ##contig lines say so") for name, count in said.most_common())
    fits = Counter(name for contig in header.contigs for name in _of_length(contig_name(contig.name), contig.length))
    yield from ((name, f"{count} ##contig lengths are those of {name}") for name, count in fits.most_common(1))
    for line in header.lines[:-1]:
        # Callers write their command line into the header, and with it the file name of the reference.
        found = re.search(
            r"(?:reference_sequence|reference|ref|fasta|genome)[=\s:]+(\S+)", line.decode("utf-8", "replace")
        )
        if found and not line.startswith((b"##reference=", b"##contig=", b"##INFO", b"##FORMAT")):
            yield from (
                (name, f"a command line in the header names {clipped(found[1])}") for name in _mentioned(found[1])
            )


def _contig_clues(header: Header, contigs: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield (assembly, evidence) from RefSeq accessions in CHROM and ##contig."""
    for chrom in sorted({*(contig.name for contig in header.contigs), *contigs}):
        accession = REFSEQ.fullmatch(chrom)
        if accession and 1 <= int(accession[1]) <= len(NUCLEAR):
            for name, versions in REFSEQ_VERSIONS.items():
                if versions[int(accession[1]) - 1] == int(accession[2]):
                    yield name, f"the contig {chrom} is of {name}"


def _mentioned(text: str) -> list[str]:
    return [name for name, pattern in FOUND.items() if pattern.search(text)]


def _of_length(contig: str, length: int) -> list[str]:
    """Return the assemblies in which ``contig`` has ``length`` bases, the mitochondrion left out: several share it."""
    if contig == MITOCHONDRION:
        return []
    return [name for name, lengths in _lengths().items() if length and lengths.get(contig) == length]


@cache
def _lengths() -> dict[str, dict[str, int]]:
    bundle = json.loads((BUNDLE / "bundle.json").read_text())
    return {name: entry["contigs"] for name, entry in bundle["assemblies"].items()}
