"""The contigs of an assembly as records name them, each with its tables, or the reason why it has none."""

from dataclasses import dataclass
from functools import cached_property

from ann.anntools.assembly import MITOCHONDRION, RCRS_LENGTH, contig_name
from ann.anntools.errors import clipped
from ann.anntools.header import Header
from ann.anntools.intervals import Intervals
from ann.anntools.refdata import Bands, Reference, Source, load
from ann.anntools.texts import Bytes
from ann.anntools.transcripts import Transcripts

TOLD_APART = 1000  # contigs without tables, by name; more share one reason, which bounds memory and the log


@dataclass(frozen=True)
class Tables:
    """What is known of one contig: ``length`` and ``flank`` in bases."""

    name: str
    length: int
    flank: int
    transcripts: Transcripts
    bands: Bands | None
    sequence: Bytes | None

    @cached_property
    def neighbourhoods(self) -> Intervals:
        """The transcripts with ``flank`` bases before and after."""
        return Intervals(self.transcripts.starts - self.flank, self.transcripts.ends + self.flank)


class Genome:
    """Finds the tables of a contig by any of its names."""

    def __init__(self, assembly: str, header: Header) -> None:
        """Load the reference of ``assembly``. Raises ReferenceDataError."""
        self.reference = load(assembly)
        self.mitochondrion: Reference | None = self.reference if assembly == "rCRS" else None
        self._declared = {contig.name: contig.length for contig in header.contigs}
        self._found: dict[bytes, Tables | str] = {}

    @property
    def sources(self) -> list[Source]:
        """The sources of all tables used so far."""
        references = [self.reference, *([self.mitochondrion] if self.mitochondrion else [])]
        return list(dict.fromkeys(source for reference in references for source in reference.sources))

    def tables(self, chrom: bytes) -> Tables | str:
        """Return the tables of the contig that records call ``chrom``, or why it has none."""
        if chrom not in self._found:
            found = self._find(chrom.decode("utf-8", "replace"))
            if isinstance(found, str) and len(self._found) >= TOLD_APART:
                return f"more contigs are not in {self.reference.assembly}"
            self._found[chrom] = found
        return self._found[chrom]

    def _find(self, chrom: str) -> Tables | str:
        name = contig_name(chrom)
        assembly = self.reference.assembly
        reference: Reference | None = self.reference
        if name == MITOCHONDRION:
            why = self._foreign_mitochondrion(chrom)
            if why:
                return why
            self.mitochondrion = reference = self.mitochondrion or load("rCRS")
        if reference is None or name not in reference.lengths:
            return f"the contig {clipped(chrom)} is not in {assembly}"
        return Tables(
            name,
            reference.lengths[name],
            reference.flank,
            reference.transcripts(name),
            reference.bands(name),
            reference.sequence(name),
        )

    def _foreign_mitochondrion(self, chrom: str) -> str:
        """Return why ``chrom`` may not be the rCRS, empty where it is."""
        length = self._declared.get(chrom, 0)
        if length not in (0, RCRS_LENGTH):
            return f"the mitochondrion {chrom} of {length:,} bases is not the rCRS"
        if self.reference.assembly == "hg18":
            return f"the mitochondrion {chrom} of hg18 is not the rCRS"
        # UCSC's hg19 calls chrM a sequence of 16,571 bases; everybody else's GRCh37 has the rCRS, mostly as MT.
        if self.reference.assembly == "GRCh37" and chrom == "chrM" and length == 0:
            return "chrM of hg19 is not the rCRS, unless ##contig gives it 16,569 bases"
        return ""
