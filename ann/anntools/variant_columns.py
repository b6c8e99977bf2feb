"""The columns of the table of variants as readers see them."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.annotated import TYPES, firsts
from ann.anntools.effects import TERMS, severity
from ann.anntools.texts import Ints
from ann.anntools.transcripts import Transcripts
from ann.anntools.variant_rows import NUMBERS, POS_BITS

WORD: Final = pa.dictionary(pa.int32(), pa.string())
SCHEMA: Final = pa.schema(
    [
        ("chrom", pa.string()),  # Arrow does not use statistics of a dictionary to leave out row groups
        ("pos", pa.int32()),
        ("id", pa.string()),
        ("ref", pa.string()),
        ("alt", pa.string()),
        ("qual", pa.float64()),
        ("filter", WORD),
        ("type", WORD),
        ("known", pa.bool_()),
        ("consequence", WORD),
        ("impact", WORD),
        ("gene", WORD),
        ("gene_id", WORD),
        ("transcript", WORD),
        ("biotype", WORD),
        *((name, pa.int32()) for name in NUMBERS),
        ("hgvs_c", pa.string()),
        ("hgvs_p", pa.string()),
    ]
)
# Columns whose values repeat; to look for repeats in the others only costs time.
REPEATING: Final = (*(field.name for field in SCHEMA if field.type == WORD), "chrom", "ref", "alt", "exon", "intron")


@dataclass(frozen=True)
class Models:
    """What the table tells of the transcripts of one contig, Arrow binary arrays with a row for each transcript."""

    genes: pa.BinaryArray
    gene_ids: pa.BinaryArray
    names: pa.BinaryArray
    biotypes: pa.BinaryArray
    gene: Ints

    @classmethod
    def of(cls, transcripts: Transcripts) -> "Models":
        """Take them from ``transcripts``, leaving the sequences."""
        return cls(transcripts.genes, transcripts.gene_ids, transcripts.names, transcripts.biotypes, transcripts.gene)


def finished(rows: pa.RecordBatch, contigs: list[str], models: dict[int, Models]) -> pa.Table:
    """Return sorted rows (`variant_rows.SCHEMA`) as readers see them, SCHEMA.

    A contig's place is that in ``contigs`` and of its ``models``.
    """
    key = rows["key"].to_numpy()
    place = key >> POS_BITS
    columns: dict[str, pa.Array] = {name: rows[name] for name in SCHEMA.names if name in rows.schema.names}
    columns |= _of_transcripts(rows["transcript"], place, models)
    columns |= _of_terms(rows["terms"])
    columns["chrom"] = _contigs(rows["chrom"], place, contigs)
    columns["pos"] = pa.array((key & ((1 << POS_BITS) - 1)).astype(np.int32))
    columns["filter"] = rows["filter"].dictionary_encode()
    columns["type"] = pa.DictionaryArray.from_arrays(rows["type"].cast(pa.int32()), list(TYPES))
    return pa.table([columns[name] for name in SCHEMA.names], schema=SCHEMA)


def _contigs(written: pa.StringArray, place: Ints, contigs: list[str]) -> pa.StringArray:
    names = pa.array(contigs, pa.string())
    if written.null_count == len(written):
        return names.take(pa.array(place))
    return pc.coalesce(written, names.take(pa.array(place, mask=place >= len(contigs))))


def _of_terms(terms: pa.Int64Array) -> dict[str, pa.DictionaryArray]:
    """Name the terms, most severe first, joined by ``&``, and the impact of the most severe."""
    sets = terms.dictionary_encode()
    found = sets.dictionary.to_numpy()
    texts = ["&".join(term.name for place, term in enumerate(TERMS) if one >> place & 1) for one in found.tolist()]
    impacts = pa.array([TERMS[place].impact for place in severity(found).tolist()], pa.string()).dictionary_encode()
    return {
        "consequence": pa.DictionaryArray.from_arrays(sets.indices, pa.array(texts, pa.string())),
        "impact": pa.DictionaryArray.from_arrays(impacts.indices.take(sets.indices), impacts.dictionary),
    }


def _of_transcripts(transcript: pa.Int32Array, place: Ints, models: dict[int, Models]) -> dict[str, pa.DictionaryArray]:
    """Name what rows of the contigs' transcripts stand for."""
    bare = transcript.is_null().to_numpy(zero_copy_only=False)
    row = transcript.fill_null(0).to_numpy()
    codes = np.zeros(row.size, np.int32)
    used: dict[str, list[pa.Array]] = {"gene": [], "gene_id": [], "transcript": [], "biotype": []}
    seen = 0
    edges = [*firsts(place).tolist(), place.size]
    for start, stop in pairwise(edges):
        told = models.get(int(place[start]))
        if told is None:
            continue
        # Only transcripts that occur are named, each once; a contig has many more.
        occurs = np.zeros(len(told.names), np.bool_)
        occurs[row[start:stop][~bare[start:stop]]] = True
        codes[start:stop] = (np.cumsum(occurs) - 1 + seen)[row[start:stop]] if occurs.size else 0
        rows = np.flatnonzero(occurs)
        seen += rows.size
        gene = pa.array(told.gene[rows])
        used["gene"].append(told.genes.take(gene))
        used["gene_id"].append(told.gene_ids.take(gene))
        used["transcript"].append(told.names.take(pa.array(rows)))
        used["biotype"].append(told.biotypes.take(pa.array(rows)))
    return {name: _worded(parts, pa.array(codes, mask=bare)) for name, parts in used.items()}


def _worded(parts: list[pa.Array], codes: pa.Int32Array) -> pa.DictionaryArray:
    """Return the row ``codes[i]`` of all ``parts``, null where that is empty."""
    texts = pa.concat_arrays([part.cast(pa.string()) for part in parts] or [pa.array([], pa.string())])
    words = pc.replace_with_mask(texts, pc.equal(texts, ""), pa.scalar(None, pa.string())).dictionary_encode()
    return pa.DictionaryArray.from_arrays(words.indices.take(codes), words.dictionary)
