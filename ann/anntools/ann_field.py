"""INFO's ANN: every allele's effect on every transcript, in the VCF annotation format 1.0 that SnpEff and VEP share."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.effects import BIT, TERMS, VEP, VOCABULARIES, Effects, Note, severity
from ann.anntools.header import InfoKey
from ann.anntools.texts import NOTHING, Bools, Ints, arrow, decimals, glue, runs
from ann.anntools.transcripts import Transcripts
from ann.anntools.variants import Alleles, Kind

FIELDS = (
    "Allele", "Annotation", "Annotation_Impact", "Gene_Name", "Gene_ID", "Feature_Type", "Feature_ID",
    "Transcript_BioType", "Rank", "HGVS.c", "HGVS.p", "cDNA.pos / cDNA.length", "CDS.pos / CDS.length",
    "AA.pos / AA.length", "Distance", "ERRORS / WARNINGS / INFO",
)  # fmt: skip
ANN = InfoKey("ANN", ".", "String", f"Functional annotations: '{' | '.join(FIELDS)}'")
INTERGENIC = BIT["intergenic_variant"]
# What an ALT that is no sequence may hold and ANN may not: what has a meaning there, blanks, and other than ASCII.
UNSAFE = np.zeros(256, np.bool_)
UNSAFE[[*range(33), *range(127, 256), *b";=,|"]] = True
# Room for a number of alleles, and for a severity, in a key of entries.
SEVERITY_BITS = 8
# Ranks of transcripts with so many exons are kept as texts.
MOST_RANKS = 512
BAR = pa.array([b"|"], pa.binary())


@dataclass(frozen=True, kw_only=True)
class Entries:
    """X entries of ANN, ascending by record, then most severe first.

    ``pair``: int64 (X,), rows of the `Effects`; their number stands for an allele that touches no transcript.
    ``allele``: int64 (X,), rows of the `Alleles`. ``counts``: int64 (N,), entries of each record.
    """

    pair: Ints
    allele: Ints
    counts: Ints


def entries(effects: Effects, alleles: Alleles, records: int, room: Ints) -> Entries:
    """Return what to write for ``records`` records, of each at most ``room[record]`` (int64 (N,)) entries an allele."""
    pair = np.arange(len(effects))
    per_allele = np.bincount(effects.allele, minlength=len(alleles))
    most = room[alleles.record]
    if (per_allele > most).any():
        ranks = pair - np.repeat(np.cumsum(per_allele) - per_allele, per_allele)
        pair = pair[ranks < most[effects.allele]]
    allele = effects.allele[pair]
    alone = np.flatnonzero((per_allele == 0) & (alleles.kind != Kind.NONE) & (alleles.kind != Kind.SPANNING))
    if alone.size:
        at = np.searchsorted(allele, alone)
        pair, allele = np.insert(pair, at, len(effects)), np.insert(allele, at, alone)
    record = alleles.record[allele]
    if records < len(alleles):
        # Several alleles of a record: the most severe entry of them all goes first.
        terms = np.append(effects.terms, INTERGENIC)[pair]
        order = np.argsort((record << SEVERITY_BITS) + severity(terms), kind="stable")
        pair, allele, record = pair[order], allele[order], record[order]
    return Entries(pair=pair, allele=allele, counts=np.bincount(record, minlength=records))


class Writer:
    """Writes ANN for the records of one contig; keeps what is the same for all records."""

    def __init__(self, transcripts: Transcripts, key: bytes, vocabulary: str = VEP) -> None:
        """``key`` is what ANN is called in this file, ``vocabulary`` one of VOCABULARIES."""
        self._transcripts = transcripts
        self._lead = b";" + key + b"="
        self._terms = TermTexts(vocabulary)

    def texts(
        self,
        found: Entries,
        effects: Effects,
        alleles: Alleles,
        coding_names: pa.BinaryArray,
        protein_names: pa.BinaryArray,
    ) -> pa.BinaryArray:
        """Return ``;ANN=…`` for each record, empty where it has no entry; names are aligned with ``effects``."""
        pair = found.pair
        written = _allele_texts(alleles)
        heads = pa.concat_arrays([glue(b",", written), glue(self._lead, written)])
        head = found.allele.copy()
        head[(np.cumsum(found.counts) - found.counts)[found.counts > 0]] += len(alleles)
        transcript = np.append(effects.transcript, len(self._transcripts))[pair]
        names = pa.concat_arrays([coding_names, NOTHING])
        lines = glue(
            heads.take(pa.array(head)),
            self._terms.of(np.append(effects.terms, INTERGENIC)[pair]),
            self._middles.take(pa.array(transcript)),
            self._ranks(effects, pair),
            names.take(pa.array(pair)),
            self._tails(effects, pair, protein_names),
        )
        return runs(lines, found.counts)

    @cached_property
    def _middles(self) -> pa.BinaryArray:
        """Gene to biotype of every transcript; a last row for none."""
        models = self._transcripts
        gene = pa.array(models.gene)
        texts = glue(
            models.genes.take(gene), b"|", models.gene_ids.take(gene), b"|transcript|", models.names, b"|",
            models.biotypes, b"|",
        )  # fmt: skip
        return pa.concat_arrays([texts, pa.array([b"|||||"], pa.binary())])

    def _ranks(self, effects: Effects, pair: Ints) -> pa.BinaryArray:
        """Return ``number/of|`` of the exon, else of the intron, that each entry touches."""
        number = np.where(effects.exon > 0, effects.exon, effects.intron)
        of = self._transcripts.exon_counts[effects.transcript] - (effects.exon == 0)
        most = int(self._transcripts.exon_counts.max(initial=0))
        if most > MOST_RANKS:
            texts = glue(decimals(number), b"/", decimals(of), b"|")
            none = pa.array(number == 0)
            return pa.concat_arrays([pc.if_else(none, pa.scalar(b"|", pa.binary()), texts), BAR]).take(pa.array(pair))
        # Ranks of transcripts with one exon, then of those with two, and so on.
        rank = np.where(number > 0, of * (of - 1) // 2 + number, 0)
        return _rank_texts(most).take(pa.array(np.append(rank, 0)[pair]))

    @cached_property
    def _lengths(self) -> tuple[pa.BinaryArray, pa.BinaryArray, pa.BinaryArray]:
        """``/length|`` of every transcript, CDS and protein (the stop codon is no part of it)."""
        models = self._transcripts
        cds = np.where(models.coding, models.cds_last - models.cds_first + 1, 0)
        protein = np.maximum(-(-(cds - models.phase) // 3) - models.stop_known, 0)
        return tuple(glue(b"/", decimals(length), b"|") for length in (models.lengths, cds, protein))

    def _tails(self, effects: Effects, pair: Ints, protein_names: pa.BinaryArray) -> pa.BinaryArray:
        """Return HGVS.p to the notes, each with the bar before it."""
        used = np.zeros(len(effects) + 1, np.bool_)
        used[pair] = True
        used = used[:-1]
        exonic = np.flatnonzero(used & (effects.cdna > 0))
        beside = np.flatnonzero(used & (effects.distance > 0))
        tails = [
            glue(b"|||||", NOTE_TEXTS),
            glue(b"|||||", decimals(effects.distance[beside]), NOTE_TEXTS.take(pa.array(effects.notes[beside]))),
            self._exonic_tails(effects, exonic, protein_names),
        ]
        rows = effects.notes.astype(np.int64)
        rows[beside] = len(NOTE_TEXTS) + np.arange(beside.size)
        rows[exonic] = len(NOTE_TEXTS) + beside.size + np.arange(exonic.size)
        return pa.concat_arrays(tails).take(pa.array(np.append(rows, 0)[pair]))

    def _exonic_tails(self, effects: Effects, rows: Ints, protein_names: pa.BinaryArray) -> pa.BinaryArray:
        transcript = effects.transcript[rows]
        cdna, cds, protein = self._lengths
        return glue(
            b"|",
            protein_names.take(pa.array(rows)),
            b"|",
            decimals(effects.cdna[rows]),
            cdna.take(pa.array(transcript)),
            _places(effects.cds[rows], cds, transcript),
            _places(effects.protein[rows], protein, transcript),
            NOTE_TEXTS.take(pa.array(effects.notes[rows])),
        )


def _places(places: np.typing.NDArray[np.int32], lengths: pa.BinaryArray, transcript: Ints) -> pa.BinaryArray:
    """Return ``place/length|``, a bar alone where there is no place."""
    some = np.flatnonzero(places > 0)
    texts = glue(decimals(places[some]), lengths.take(pa.array(transcript[some])))
    rows = np.full(places.size, some.size)
    rows[some] = np.arange(some.size)
    return pa.concat_arrays([texts, BAR]).take(pa.array(rows))


@cache
def _rank_texts(most: int) -> pa.BinaryArray:
    """Return ``number/of|``, all numbers of each ``of`` from 1 to ``most``; the first row stands for none."""
    of = np.repeat(np.arange(1, most + 1), np.arange(1, most + 1))
    number = np.arange(of.size) - of * (of - 1) // 2 + 1
    return pa.concat_arrays([BAR, glue(decimals(number), b"/", decimals(of), b"|")])


def _note_text(notes: int) -> bytes:
    return b"|" + "&".join(note.name or "" for note in Note if note & notes).encode()


NOTE_TEXTS = pa.array([_note_text(notes) for notes in range(2 * max(Note))], pa.binary())


def _allele_texts(alleles: Alleles) -> pa.BinaryArray:
    """Return ALT as it stands in the file (A,), unsafe bytes percent-encoded (VCF 4.3, section 1.2)."""
    texts = arrow(alleles.written)
    odd = np.flatnonzero(alleles.kind > Kind.SPANNING)
    if not UNSAFE[alleles.written.take(odd).flat()].any():
        return texts
    safe = [b"".join(b"%%%02X" % c if UNSAFE[c] else b"%c" % c for c in alleles.written[row]) for row in odd.tolist()]
    rows = np.arange(len(alleles))
    rows[odd] = len(alleles) + np.arange(odd.size)
    return pa.concat_arrays([texts, pa.array(safe, pa.binary())]).take(pa.array(rows))


class TermTexts:
    """The text of every set of terms met so far: ``|term&term|IMPACT|``, in the words of a vocabulary."""

    def __init__(self, vocabulary: str) -> None:
        self._words = VOCABULARIES[vocabulary]
        self._sets = np.zeros(0, np.int64)
        self._texts = pa.array([], pa.binary())

    def of(self, terms: Ints) -> pa.BinaryArray:
        """Return the text of each set."""
        places = self._find(terms)
        unknown: Bools = places < 0
        if unknown.any():
            self._sets = np.unique(np.concatenate((self._sets, terms[unknown])))
            self._texts = pa.array([self._text(terms) for terms in self._sets.tolist()], pa.binary())
            places = self._find(terms)
        return self._texts.take(pa.array(places))

    def _find(self, terms: Ints) -> Ints:
        if not self._sets.size:
            return np.full(terms.size, -1)
        places = np.minimum(np.searchsorted(self._sets, terms), self._sets.size - 1)
        return np.where(self._sets[places] == terms, places, -1)

    def _text(self, terms: int) -> bytes:
        members = [term for place, term in enumerate(TERMS) if terms >> place & 1]
        words = dict.fromkeys(self._words.get(term.name, term.name) for term in members)
        return f"|{'&'.join(words)}|{members[0].impact}|".encode()
