"""What is said of the records of a block: effects, genes, regions and what the tracks hold, as text for INFO and ID."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools import ann_field, hgvs, location, spans, variants
from ann.anntools.ann_field import ANN
from ann.anntools.annotated import EXAMINED, LISTED, LISTED_IN_RECORD, Annotated
from ann.anntools.blocks import ID, REF, Block
from ann.anntools.consequence import effects
from ann.anntools.effects import VEP, Effects, Note
from ann.anntools.genome import Genome, Tables
from ann.anntools.header import InfoKey
from ann.anntools.intervals import portions
from ann.anntools.location import GENE, REGION
from ann.anntools.refcheck import mismatches
from ann.anntools.tally import Tally
from ann.anntools.texts import NOTHING, Bools, Ints, arrow, glue, offsets_of
from ann.anntools.tracks import Track
from ann.anntools.variant_table import VariantTable

# Work on so many pairs of allele and transcript at a time, which bounds memory to some tens of MiB.
PAIRS = 1 << 16
# The system may map a megabyte of sequence around every base that is looked at, so it is given back after so much of a
# contig, in bases as a power of two.
STRETCH = 26


@dataclass(frozen=True, kw_only=True)
class Part:
    """Records with what to add: ``info`` (``;KEY=value…`` or empty), ``ids`` (None where no track has any)."""

    block: Block
    info: pa.BinaryArray
    ids: pa.BinaryArray | None


def keys(genome: Genome) -> list[InfoKey]:
    """Return all INFO keys that records of ``genome`` can get, in the order in which they are written."""
    genic = [ANN, GENE, REGION] if genome.has_genes else []
    return [*genic, *(key for track in genome.reference.tracks for key in track.keys)]


class Annotator:
    """Finds what there is to say of the records of one genome, counts it and keeps it in a table."""

    def __init__(
        self,
        genome: Genome,
        names: Mapping[InfoKey, bytes],
        vocabulary: str = VEP,
        table: VariantTable | None = None,
        *,
        counts: bool = True,
    ) -> None:
        """``names`` are the keys to write, which differ from the usual ones where the input uses those itself.

        ``vocabulary``, one of `ann.anntools.effects.VOCABULARIES`, says how ANN calls its terms. Without ``counts``
        only records, and what gives reason to warn, are counted.
        """
        self.tally = Tally()
        self._genome = genome
        self._names = names
        self._table = table
        self._counts = counts
        self._vocabulary = vocabulary
        new_names = {key.name: name.decode() for key, name in names.items()}
        self._tracks = [track.renamed(new_names) for track in genome.reference.tracks]
        self._contigs: dict[str, ContigAnnotator] = {}

    def annotate(self, block: Block) -> Iterator[Part]:
        """Yield the block in parts."""
        chroms, codes = block.contigs()
        last = spans.last_bases(block)
        found, placed = self._place(block, chroms, codes)
        weights = block.alleles.copy()
        for code, contig in enumerate(found):
            if contig is not None and contig.has_transcripts:
                rows = np.flatnonzero(placed & (codes == code))
                touched = contig.touched(block.pos[rows], last[rows])
                self.tally.cut += int((touched > _room(block.alleles[rows])).sum())
                weights[rows] += np.minimum(touched, EXAMINED) * block.alleles[rows]
        for start, stop in portions(weights, PAIRS):
            within = slice(start, stop)
            part = block if stop - start == len(block) else block.part(start, stop)
            yield self._part(part, found, np.where(placed, codes, -1)[within], last[within])

    def _place(self, block: Block, chroms: list[bytes], codes: Ints) -> tuple[list["ContigAnnotator | None"], Bools]:
        """Return each contig, None where it is unknown, and which records lie on one, bool (N,)."""
        found: list[ContigAnnotator | None] = []
        placed = np.zeros(len(block), np.bool_)
        ref = block.column(REF)
        for code, chrom in enumerate(chroms):
            rows = np.flatnonzero(codes == code)
            tables = self._genome.tables(chrom, ref.take(rows), block.pos[rows])
            if isinstance(tables, str):
                self.tally.unplaced(tables, rows.size)
                found.append(None)
                continue
            inside = (block.pos[rows] >= 1) & (block.pos[rows] <= tables.length)
            placed[rows] = inside
            if not inside.all():
                self.tally.unplaced(f"POS is not on the contig {tables.name}", int((~inside).sum()))
            found.append(self._contig(tables))
        if self._table is not None and not placed.all():
            self._table.add_unplaced(block, np.flatnonzero(~placed))
        return found, placed

    def _contig(self, tables: Tables) -> "ContigAnnotator":
        if tables.name not in self._contigs:
            self._contigs[tables.name] = ContigAnnotator(tables, self._tracks, self._names, self._vocabulary)
        return self._contigs[tables.name]

    def _part(self, part: Block, found: list["ContigAnnotator | None"], codes: Ints, last: Ints) -> Part:
        """Return a part; ``codes`` are places in ``found``, -1 for none."""
        rows, info, ids = [], [], []
        for code, contig in enumerate(found):
            if contig is None:
                continue
            on_it = np.flatnonzero(codes == code)
            for where in contig.stretches(on_it, part.pos) if on_it.size else ():
                found_there = contig.annotate(part, where, last[where])
                self._count(found_there)
                rows.append(where)
                info.append(contig.info(found_there.annotated))
                ids += [] if found_there.ids is None else [new_identifiers(part, where, found_there.ids)]
                self._genome.release_pages()
        return Part(
            block=part,
            info=_in_order(rows, info, len(part)),
            ids=_in_order(rows, ids, len(part)) if ids else None,
        )

    def _count(self, found: "Found") -> None:
        annotated, wrong = found.annotated, found.wrong
        if self._counts:
            self.tally.add(annotated)
        else:
            self.tally.placed += annotated.rows.size
        if wrong is not None:
            self.tally.add_ref(wrong.size, annotated.block.first_line + annotated.rows[wrong])
        if self._table is not None:
            self._table.add(annotated)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is found of N records of one contig.

    ``wrong``: bool (N,), whether REF is not the sequence's, None where there is no sequence. ``ids``: identifiers
    (N,), None where no track has any.
    """

    annotated: Annotated
    wrong: Bools | None
    ids: pa.BinaryArray | None


class ContigAnnotator:
    """Finds what there is to say of records on one contig."""

    def __init__(self, tables: Tables, tracks: list[Track], names: Mapping[InfoKey, bytes], vocabulary: str) -> None:
        self._tables = tables
        self._tracks = tracks
        self._ann = ann_field.Writer(tables.transcripts, names[ANN], vocabulary) if ANN in names else None
        self._location = location.Writer(tables.transcripts, names[GENE], names[REGION]) if ANN in names else None

    @property
    def has_transcripts(self) -> bool:
        """Whether there are gene models to look at."""
        return len(self._tables.transcripts) > 0

    def touched(self, first: Ints, last: Ints) -> Ints:
        """Return how many transcripts each span touches, those close by included, int64 (N,)."""
        return self._tables.transcripts.bodies.count(first - self._tables.flank, last + self._tables.flank)

    def stretches(self, rows: Ints, pos: Ints) -> list[Ints]:
        """Return ``rows`` apart by the stretch of the contig that they lie on, where sequence is looked at."""
        if self._tables.sequence is None:
            return [rows]
        stretch = pos[rows] >> STRETCH
        return [rows[stretch == number] for number in np.unique(stretch)]

    def annotate(self, block: Block, rows: Ints, last: Ints) -> Found:
        """Return what is found of ``rows``, whose last bases are ``last``."""
        tables = self._tables
        pos = block.pos[rows]
        wrong = None if tables.sequence is None else mismatches(block.column(REF).take(rows), pos, tables.sequence)
        alleles = variants.of(block, rows, last)
        found = effects(alleles, tables.transcripts, tables.sequence, tables.flank, EXAMINED)
        if wrong is not None and wrong.any() and len(found):
            notes = found.notes | (wrong[alleles.record[found.allele]] * np.uint8(Note.W1))
            found = replace(found, notes=notes)
        coding, protein = self._names(alleles, found)
        ids = self._ids(alleles, rows.size)
        annotated = Annotated(
            block=block,
            rows=rows,
            contig=tables.name,
            last=last,
            alleles=alleles,
            effects=found,
            transcripts=tables.transcripts,
            coding_names=coding,
            protein_names=protein,
            known=None if ids is None else np.diff(offsets_of(ids)) > 0,
        )
        return Found(annotated=annotated, wrong=wrong, ids=ids)

    def _names(self, alleles: variants.Alleles, found: Effects) -> tuple[pa.BinaryArray, pa.BinaryArray]:
        """Return the HGVS names of all pairs."""
        transcripts = self._tables.transcripts
        if not len(found):
            return NOTHING.slice(1), NOTHING.slice(1)
        coding = hgvs.coding(alleles, found.allele, transcripts, found.transcript, self._tables.sequence)
        rows = np.zeros(len(found), np.int64)
        names = NOTHING
        change = found.peptides
        if change is not None and change.pair.size:
            protein = hgvs.protein(change, transcripts, found.transcript[change.pair], found.terms[change.pair])
            rows[change.pair] = np.arange(1, change.pair.size + 1)
            names = pa.concat_arrays([NOTHING, protein])
        return coding, names.take(pa.array(rows))

    def info(self, annotated: Annotated) -> pa.BinaryArray:
        """Return the text for INFO of each record."""
        alleles = annotated.alleles
        texts = []
        if self._ann is not None and self._location is not None:
            found = annotated.effects
            room = _room(annotated.block.alleles[annotated.rows])
            entries = ann_field.entries(found, alleles, annotated.rows.size, room)
            texts.append(self._ann.texts(entries, found, alleles, annotated.coding_names, annotated.protein_names))
            codes = location.region_codes(found, alleles, self._tables.transcripts, annotated.rows.size)
            texts.append(self._location.texts(found, alleles, codes))
        first = annotated.block.pos[annotated.rows]
        texts += [track.texts(self._tables.name, first, annotated.last, alleles) for track in self._tracks]
        if not texts:
            return NOTHING.take(pa.array(np.zeros(annotated.rows.size, np.int64)))
        return texts[0] if len(texts) == 1 else glue(*texts)

    def _ids(self, alleles: variants.Alleles, records: int) -> pa.BinaryArray | None:
        """Return the identifiers of each record, joined with semicolons; None where no track has any."""
        found = [track.ids(self._tables.name, alleles, records) for track in self._tracks]
        some = [ids for ids in found if ids is not None]
        # One source of identifiers is the rule; of several the first that knows a record names it.
        return (
            pc.coalesce(*[pc.if_else(pc.equal(ids, b""), None, ids) for ids in some], b"")
            if some[1:]
            else (next(iter(some), None))
        )


def new_identifiers(block: Block, rows: Ints, ids: pa.BinaryArray) -> pa.BinaryArray:
    """Return ``;identifier…`` for each of ``rows``, without the identifiers that its ID has already."""
    present = arrow(block.column(ID).take(rows))
    new = pc.if_else(pc.or_(pc.equal(ids, b""), pc.equal(present, ids)), pa.scalar(b"", pa.binary()), glue(b";", ids))
    longer = (np.diff(offsets_of(new)) > 0) & (np.diff(offsets_of(present)) > 1)
    if not longer.any():
        return new
    texts = new.to_pylist()
    for row in np.flatnonzero(longer).tolist():
        had = present[row].as_py().split(b";")
        texts[row] = b"".join(b";" + one for one in ids[row].as_py().split(b";") if one not in had)
    return pa.array(texts, pa.binary())


def _in_order(rows: list[Ints], texts: list[pa.BinaryArray], records: int) -> pa.BinaryArray:
    """Return texts of chosen records as one for each record, empty for those that were not chosen."""
    if len(rows) == 1 and rows[0].size == records:
        return texts[0]
    places = np.zeros(records, np.int64)
    chosen = np.concatenate([*rows, np.zeros(0, np.int64)])
    places[chosen] = np.arange(1, chosen.size + 1)
    return pa.concat_arrays([NOTHING, *texts]).take(pa.array(places))


def _room(alleles: Ints) -> Ints:
    """Return how many transcripts each record may list for every one of its alleles."""
    return np.clip(LISTED_IN_RECORD // alleles, 1, LISTED)
