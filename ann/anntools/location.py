"""INFO's GENE and REGION: which genes a record touches, and AnnTools' name of the place."""

import numpy as np
import pyarrow as pa

from ann.anntools.effects import BIT, Effects
from ann.anntools.header import InfoKey
from ann.anntools.regions import REGIONS, of_terms
from ann.anntools.texts import Ints, glue, runs
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

GENE = InfoKey(
    "GENE",
    ".",
    "String",
    "Genes that the record touches, each once, most severe effect first; where it touches none, those close by",
)
REGION = InfoKey("REGION", "1", "String", f"Most severe region that the record touches: {' '.join(REGIONS)}")
BESIDE = BIT["upstream_gene_variant"] | BIT["downstream_gene_variant"]
# Genes of one record that are listed.
LISTED = 200
GENE_BITS = 32
INTERGENIC = REGIONS.index("interGenic")


def region_codes(effects: Effects, alleles: Alleles, transcripts: Transcripts, records: int) -> Ints:
    """Return the most severe region of each record, places in REGIONS, int64 (N,); -1 where no ALT has an effect."""
    codes = np.full(records, -1)
    changed = alleles.record[(alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING)]
    codes[changed] = INTERGENIC
    if len(effects):
        record = alleles.record[effects.allele]
        firsts = np.flatnonzero(np.diff(record, prepend=-1))
        coding = transcripts.coding[effects.transcript]
        codes[record[firsts]] = np.minimum.reduceat(of_terms(effects.terms, coding), firsts)
    return codes


class Writer:
    """Writes GENE and REGION for the records of one contig."""

    def __init__(self, transcripts: Transcripts, gene: bytes, region: bytes) -> None:
        """``gene`` and ``region`` are what the keys are called in this file."""
        self._transcripts = transcripts
        self._leads = pa.array([b",", b";" + gene + b"="], pa.binary())
        names = [b";" + region + b"=" + name.encode() for name in REGIONS]
        self._regions = pa.array([*names, b""], pa.binary())
        named = np.diff(np.frombuffer(transcripts.genes.buffers()[1], np.int32)[: len(transcripts.genes) + 1]) > 0
        self._named = named if len(transcripts.genes) else np.zeros(0, np.bool_)

    def texts(self, effects: Effects, alleles: Alleles, codes: Ints) -> pa.BinaryArray:
        """Return ``;GENE=…;REGION=…`` for each record; ``codes`` are its `region_codes`."""
        record, gene = self._mentioned(effects, alleles, codes.size)
        counts = np.bincount(record, minlength=codes.size)
        begins = np.zeros(record.size, np.int8)
        begins[(np.cumsum(counts) - counts)[counts > 0]] = 1
        genes = glue(self._leads.take(pa.array(begins)), self._transcripts.genes.take(pa.array(gene)))
        return glue(runs(genes, counts), self._regions.take(pa.array(codes % len(self._regions))))

    def _mentioned(self, effects: Effects, alleles: Alleles, records: int) -> tuple[Ints, Ints]:
        """Return (record, gene), ascending by record, each gene once within a record."""
        record = alleles.record[effects.allele]
        gene = self._transcripts.gene[effects.transcript]
        beside = (effects.terms & BESIDE) != 0
        touching = np.zeros(records, np.bool_)
        touching[record[~beside]] = True
        wanted = self._named[gene] & ~(beside & touching[record])
        record, gene = record[wanted], gene[wanted]
        # Neighbours of one gene are the most; what is left is mostly one gene a record.
        new = np.diff(record, prepend=-1) != 0
        new |= np.diff(gene, prepend=-1) != 0
        record, gene = record[new], gene[new]
        if (np.diff(record) == 0).any():
            _, places = np.unique((record << GENE_BITS) + gene, return_index=True)
            places = np.sort(places)
            record, gene = record[places], gene[places]
        counts = np.bincount(record, minlength=records)
        if counts.size and counts.max() > LISTED:
            ranks = np.arange(record.size) - np.repeat(np.cumsum(counts) - counts, counts)
            record, gene = record[ranks < LISTED], gene[ranks < LISTED]
        return record, gene
