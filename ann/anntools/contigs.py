"""The names of contigs: which ones mean the same, and what an accession tells of the assembly."""

import re
from collections.abc import Iterable

MITOCHONDRION = "MT"
MITOCHONDRIAL = {"M", "MT"}
NUCLEAR = (*(str(number) for number in range(1, 23)), "X", "Y")
PLINK = {"23": "X", "24": "Y", "25": "X", "26": MITOCHONDRION}  # 25 is the part of X that is also on Y
# RefSeq numbers the human chromosomes NC_000001 to NC_000024, GenBank those of the reference CM000663 to CM000686.
ACCESSION = re.compile(r"(NC_|CM)0*([0-9]{1,6})\.([0-9]{1,3})", re.IGNORECASE)
REFSEQ, GENBANK_FIRST, GENBANK = "NC_", 663, "CM"
RCRS_ACCESSIONS = {"NC_012920.1", "J01415.2"}
# Versions of the RefSeq accessions go up by one from assembly to assembly, but not for every contig.
REFSEQ_VERSIONS = {
    "hg18": (9, 10, 10, 10, 8, 10, 12, 9, 10, 9, 8, 10, 9, 7, 8, 8, 9, 8, 8, 9, 7, 9, 9, 8),
    "GRCh37": (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9),
    "GRCh38": (11, 12, 12, 12, 10, 12, 14, 11, 12, 11, 10, 12, 11, 9, 10, 10, 11, 10, 10, 11, 9, 11, 11, 10),
}  # fmt: skip
GENBANK_VERSIONS = {"GRCh37": 1, "GRCh38": 2}


def contig_name(chrom: str) -> str:
    """Return our name of a human contig (1 to 22, X, Y, MT), else ``chrom`` as it is.

    It knows 1, chr1 and CHR1, M, MT and chrM, PLINK's 23 to 26, and the accessions of RefSeq (NC_000001.11) and
    GenBank (CM000663.2).
    """
    if chrom.upper() in RCRS_ACCESSIONS:
        return MITOCHONDRION
    number, _, _ = _accession(chrom)
    if number:
        return NUCLEAR[number - 1]
    bare = _bare(chrom)
    if bare in MITOCHONDRIAL:
        return MITOCHONDRION
    bare = PLINK.get(bare, bare)
    return bare if bare in NUCLEAR or bare == MITOCHONDRION else chrom


def assemblies(chrom: str) -> list[str]:
    """Return the assemblies that the accession ``chrom`` tells, by the names that we ship; none where it tells none."""
    number, kind, version = _accession(chrom)
    if not number:
        return []
    if kind == REFSEQ:
        return [name for name, versions in REFSEQ_VERSIONS.items() if versions[number - 1] == version]
    return [name for name, said in GENBANK_VERSIONS.items() if said == version]


class Names:
    """Finds which contig of a reference a record means."""

    def __init__(self, contigs: Iterable[str], *, human: bool) -> None:
        """``contigs`` are the names that the reference uses; ``human`` lets accessions and PLINK's numbers count."""
        self._human = human
        self._exact = set(contigs)
        self._same: dict[str, str] = {}
        for name in contigs:
            self._same.setdefault(self._key(name), name)

    def find(self, chrom: str) -> str | None:
        """Return the reference's name of ``chrom``, None where it has no such contig.

        A name is best as it is; else small letters, a chr before it and M for MT make no difference.
        """
        return chrom if chrom in self._exact else self._same.get(self._key(chrom))

    def _key(self, chrom: str) -> str:
        name = contig_name(chrom) if self._human else chrom
        bare = _bare(name)
        return MITOCHONDRION if bare in MITOCHONDRIAL else bare


def _bare(chrom: str) -> str:
    return chrom.upper().removeprefix("CHR")


def _accession(chrom: str) -> tuple[int, str, int]:
    """Return (number of the human chromosome counted from 1, REFSEQ or GENBANK, version); 0 for what is none."""
    found = ACCESSION.fullmatch(chrom)
    if not found:
        return 0, "", 0
    kind = found[1].upper()
    number = int(found[2]) - (GENBANK_FIRST - 1 if kind == GENBANK else 0)
    return (number, kind, int(found[3])) if 1 <= number <= len(NUCLEAR) else (0, "", 0)
