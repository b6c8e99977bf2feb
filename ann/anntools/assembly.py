"""Which genome the positions refer to, and the evidence for it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ann.anntools import contigs as contig_names
from ann.anntools.contigs import MITOCHONDRION, Names, contig_name
from ann.anntools.errors import UnknownAssembly, clipped
from ann.anntools.header import Contig, Header
from ann.anntools.refcheck import Fit

# How people write them, alone or inside a file name; the boundaries keep b37 from being found in ab370.
PATTERNS = {
    "GRCh38": r"GRCh38(?:\.p\d+)?|hg38|b38|hs38(?:DH|d1)?|GCA_000001405\.1[5-9]|GCF_000001405\.(2[6-9]|[34]\d)",
    "GRCh37": (
        r"GRCh37(?:\.p\d+)?|hg19|b37|v37|hs37(?:d5)?|build_?37|NCBI_?37|GCA_000001405\.1(?!\d)|GCF_000001405\.(13|25)"
    ),
    "hg18": r"hg18|NCBI_?36|b36|build_?36",
    "rCRS": r"rCRS|NC_012920",
}
ALSO = {"GRCh38": "hg38", "GRCh37": "hg19", "hg18": "NCBI36", "rCRS": "mitochondrion"}
HUMAN = frozenset(PATTERNS)
OTHERS = r"T2T|CHM13|hs1|hg1[67]|NCBI_?3[45]|b3[45]|mm\d+|GRCm\d+|rn\d|danRer\d+|dm\d|ce1[01]|sacCer\d"
OTHER = re.compile(rf"(?<![0-9A-Za-z])(?:{OTHERS})(?![0-9A-Za-z])", re.IGNORECASE)
COMMAND_LINE = re.compile(r"(?:reference_sequence|reference|ref|fasta|genome)[=\s:]+(\S+)")
STRUCTURED = (b"##reference=", b"##contig=", b"##INFO", b"##FORMAT", b"##FILTER", b"##ALT")
# Three records of four differ by chance on another genome, few on their own. Fewer records than ENOUGH tell nothing.
ENOUGH = 20
MOST_MISMATCHES = 0.1
FEW = 2  # a single record that differs may be a slip

Lengths = Mapping[str, int]


@dataclass(frozen=True)
class Assembly:
    """The assembly taken: its ``name``, and ``why``, a sentence without its stop; ``warnings`` are sentences too."""

    name: str
    why: str
    warnings: tuple[str, ...] = ()


def canonical(name: str) -> str:
    """Return GRCh38, GRCh37, hg18 or rCRS for any of their usual names, any other name as it is."""
    return next((known for known in PATTERNS if _pattern(known).fullmatch(name.strip())), name.strip())


def choices(available: Iterable[str] = tuple(PATTERNS)) -> str:
    """Return the assemblies that are available, for a message."""
    said = [f"{name} ({ALSO[name]})" if name in ALSO else name for name in available]
    return " or ".join([*([", ".join(said[:-1])] if said[1:] else []), *said[-1:]])


def named(name: str, available: Iterable[str] = tuple(PATTERNS)) -> str:
    """Return the one of ``available`` that a person means by ``name``. Raises UnknownAssembly with the choices."""
    available = tuple(available)
    for assembly in available:
        if assembly.lower() == name.strip().lower():
            return assembly
    for assembly in available:
        if canonical(assembly) == canonical(name):
            return assembly
    raise UnknownAssembly(f"The assembly {clipped(name)!r} is not known; choose one of {choices(available)}.")


def find(
    header: Header,
    chroms: Iterable[str],
    wanted: str | None,
    available: Mapping[str, Lengths],
    *,
    given: Sequence[str] = (),
    fits: Sequence[Fit] = (),
) -> Assembly:
    """Return the assembly of a file.

    ``chroms`` are the CHROM values of its first records, ``wanted`` is what the user asked for, None for nothing.
    ``available``: the lengths of the contigs of each assembly that there is; ``given`` are those of them that the user
    brought. ``fits``: how the first records fit them. Raises UnknownAssembly where nothing tells, or where only an
    assembly fits that is not available.
    """
    chroms = tuple(chroms)
    clues = [*_header_clues(header, available), *_accession_clues(header, chroms, available)]
    if wanted is not None:
        name, why = named(wanted, available), "it was asked for"
        said = f"The assembly {name} was asked for, but {{clue}}, which means {{other}}."
    elif len(given) == 1:
        name, why = given[0], "the reference given holds only it"
        said = f"The reference given is of {name}, but {{clue}}, which means {{other}}."
    elif clues:
        name, why = clues[0]
        said = f"The header disagrees with itself: {why}, but {{clue}} means {{other}}."
    else:
        return _of_records(header, chroms, available, fits)
    against = [said.format(clue=clue, other=other) for other, clue in clues if other != name]
    return Assembly(name, why, (*against[:1], *_doubts(name, header, available, fits)))


def _of_records(
    header: Header, chroms: Sequence[str], available: Mapping[str, Lengths], fits: Sequence[Fit]
) -> Assembly:
    """Return the assembly that the records tell. Raises UnknownAssembly where they do not."""
    foreign = next((match[0] for line in _reference_lines(header) if (match := OTHER.search(line))), None)
    if foreign:
        raise UnknownAssembly(
            f"The header names the assembly {foreign}, which is not available; there are {choices(available)}."
        )
    by_name = {fit.assembly: fit for fit in fits}
    if chroms and {contig_name(chrom) for chrom in chroms} == {MITOCHONDRION} and "rCRS" in available:
        found = by_name.get("rCRS")
        if found is None or not _unlike(found):
            return Assembly("rCRS", "all records lie on the mitochondrion", _doubts("rCRS", header, available, fits))
    else:
        matching = [fit for fit in fits if _matches(fit)]
        if matching:
            best = min(matching, key=_share)
            why = f"REF is its base in {best.compared - best.mismatches:,} of the first {best.compared:,} records"
            return Assembly(best.assembly, why, _doubts(best.assembly, header, available, fits))
    seen = "".join(f"; {evidence}" for fit in fits for evidence in _against(fit))
    raise UnknownAssembly(
        "The assembly cannot be known: the header names none in ##reference or ##contig, and the records do not tell"
        f"{seen}; choose one of {choices(available)}."
    )


def _share(fit: Fit) -> float:
    return fit.mismatches / max(fit.compared, 1)


def _matches(fit: Fit) -> bool:
    return fit.compared >= ENOUGH and _share(fit) <= MOST_MISMATCHES and not fit.beyond


def _unlike(fit: Fit) -> bool:
    return fit.mismatches >= FEW and _share(fit) > MOST_MISMATCHES


def _against(fit: Fit) -> list[str]:
    """Return what in the first records speaks against an assembly."""
    said = []
    if fit.beyond:
        said.append(f"{fit.beyond:,} of the first {fit.records:,} records lie beyond the contigs of {fit.assembly}")
    if _unlike(fit):
        said.append(
            f"REF is not the base of {fit.assembly} in {fit.mismatches:,} of the first {fit.compared:,} records"
        )
    return said


def _doubts(name: str, header: Header, available: Mapping[str, Lengths], fits: Sequence[Fit]) -> tuple[str, ...]:
    """Return sentences on what in the header's lengths and in the first records speaks against ``name``."""
    other = [contig for contig, length in _lengths(header, name, available[name]) if contig.length != length]
    doubts = []
    if other:
        doubts.append(
            f"{len(other):,} of the lengths in ##contig are not those of {name}, "
            f"the first {other[0].length:,} bases for {clipped(other[0].name)}."
        )
    against = [evidence for fit in fits if fit.assembly == name for evidence in _against(fit)]
    better = [
        f"{fit.assembly} fits {fit.compared - fit.mismatches:,} of {fit.compared:,}"
        for fit in fits
        if fit.assembly != name and _matches(fit)
    ]
    if against:
        doubts.append(f"{' and '.join(against)}{''.join(f', while {one}' for one in better[:1])}.")
    return tuple(doubts)


def _lengths(header: Header, name: str, lengths: Lengths) -> Iterator[tuple[Contig, int]]:
    """Yield each contig that the header gives a length, with its length in the assembly ``name``.

    The human mitochondrion is left out: assemblies share it, and hg19 has another one than GRCh37.
    """
    names = Names(lengths, human=canonical(name) in HUMAN)
    for contig in header.contigs:
        found = names.find(contig.name) if contig.length else None
        if found is not None and contig_name(found) != MITOCHONDRION:
            yield contig, lengths[found]


def _reference_lines(header: Header) -> list[str]:
    return [*header.values("reference"), *header.values("assembly"), *(c.assembly for c in header.contigs)]


def _header_clues(header: Header, available: Mapping[str, Lengths]) -> Iterable[tuple[str, str]]:
    """Yield (assembly, evidence) from what the header says, the most direct first."""
    for key in ("reference", "assembly"):
        for value in header.values(key):
            yield from ((name, f"##{key} says {clipped(value)}") for name in _mentioned(value, available))
    said = Counter(name for contig in header.contigs for name in _mentioned(contig.assembly, available))
    yield from ((name, f"{count} ##contig lines say so") for name, count in said.most_common())
    fits = Counter(
        name
        for name, lengths in available.items()
        for contig, length in _lengths(header, name, lengths)
        if contig.length == length
    )
    yield from ((name, f"{count} ##contig lengths are those of {name}") for name, count in fits.most_common(1))
    for line in header.lines[:-1]:
        # Callers write their command line into the header, and with it the file name of the reference.
        found = None if line.startswith(STRUCTURED) else COMMAND_LINE.search(line.decode("utf-8", "replace"))
        if found:
            evidence = f"a command line in the header names {clipped(found[1])}"
            yield from ((name, evidence) for name in _mentioned(found[1], available))


def _accession_clues(
    header: Header, chroms: Iterable[str], available: Mapping[str, Lengths]
) -> Iterable[tuple[str, str]]:
    """Yield (assembly, evidence) from accessions in CHROM and ##contig."""
    for chrom in sorted({*(contig.name for contig in header.contigs), *chroms}):
        for told in contig_names.assemblies(chrom):
            yield from ((name, f"the contig {chrom} is of {told}") for name in available if canonical(name) == told)


def _mentioned(text: str, available: Iterable[str]) -> list[str]:
    return [name for name in available if _pattern(name).search(text)] if text else []


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Return what finds an assembly in a text."""
    known = next((pattern for pattern in PATTERNS.values() if re.fullmatch(pattern, name, re.IGNORECASE)), None)
    # What people append to a usual name, as in hg19.fa or GRCh37primary, is of no matter.
    end = r"(?![0-9])" if known else r"(?![0-9A-Za-z])"
    pattern = known or re.escape(name)
    return re.compile(rf"(?<![0-9A-Za-z])(?:human_?)?(?:g1k_)?(?:{pattern}){end}", re.IGNORECASE)
