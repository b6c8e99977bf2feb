"""Gene models of a GFF3 as Ensembl, GENCODE and RefSeq write it.

A transcript is whatever exons or parts of CDS name as their Parent, a gene is the Parent of a transcript. The CDS
includes the stop codon (GFF3 1.26, "The Canonical Gene").
"""

from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.feature_rows import attribute, batches, flags
from ann.anntools.gene_files import GeneModels, note
from ann.anntools.gene_parts import Collector, assemble, models_of, versioned
from ann.anntools.texts import Bools, Ints

EXON, CDS = b"exon", b"CDS"
# Features within transcripts and on contigs, which no exon has as its Parent.
OTHERS: Final = [
    *(b"five_prime_UTR", b"three_prime_UTR", b"start_codon", b"stop_codon", b"intron", b"region", b"chromosome"),
    *(b"biological_region", b"match", b"cDNA_match", b"stop_codon_redefined_as_selenocysteine", b"scaffold", b"contig"),
]
KEYS = (
    *("ID", "Parent", "Name", "gene_id", "gene_name", "gene", "gene_biotype", "biotype", "transcript_type"),
    *("transcript_biotype", "transcript_id", "version", "tag", "Dbxref"),
)
SOURCE_PREFIX = "^(?:transcript:|gene:|rna-|gene-)"
GENE_ID = r"(?:^|,)GeneID:(?P<value>[0-9]+)"
CODED_TYPES = [b"mRNA", b"gene"]
ESCAPE = b"%"
SEVERAL = b","


def read(path: Path) -> GeneModels:
    """Return the gene models of ``path``, plain or gzip. Raises ReferenceDataError as `feature_rows.batches` does."""
    parts = Collector()
    features: list[pa.RecordBatch] = []
    for row, batch in batches(path):
        coding = flags(pc.equal(batch["type"], CDS))
        chosen = coding | flags(pc.equal(batch["type"], EXON))
        rest = ~chosen & ~flags(pc.is_in(batch["type"], value_set=pa.array(OTHERS)))
        _add(parts, row[chosen], batch.filter(pa.array(chosen)), coding[chosen])
        features.append(_attributes(batch.filter(pa.array(rest))))
    found, ids = parts.finish()
    table = pa.Table.from_batches(features).combine_chunks()
    feature = pc.index_in(ids, value_set=table["ID"].combine_chunks())
    orphans = flags(pc.is_null(feature))[found.owner]
    structures = assemble(found.take(~orphans), path)
    if orphans.any():
        why = "lines of exon or CDS without a Parent that the file has were left out"
        structures.notes.insert(0, note(path, found.row[orphans], lambda count: f"{count} {why}"))
    return models_of(structures, parts.contigs, _texts(table, feature.take(pa.array(structures.owner))))


def _add(parts: Collector, row: Ints, batch: pa.RecordBatch, coding: Bools) -> None:
    """Hand lines to ``parts``, once for each of their Parents."""
    parents = pc.fill_null(_value(batch["attributes"], "Parent"), b"")
    if flags(pc.match_substring(parents, SEVERAL)).any():
        lists = pc.split_pattern(parents, SEVERAL)
        again = pc.list_parent_indices(lists)
        parts.add(row[again.to_numpy()], batch.take(again), pc.list_flatten(lists), coding[again.to_numpy()])
    else:
        parts.add(row, batch, parents, coding)


def _attributes(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the attributes KEYS and the type of each line that has an ID."""
    ids = _value(batch["attributes"], "ID")
    batch = batch.filter(pc.is_valid(ids))
    columns = {key: _value(batch["attributes"], key) for key in KEYS}
    return pa.RecordBatch.from_pydict({**columns, "type": batch["type"]})


def _value(attributes: pa.BinaryArray, key: str) -> pa.BinaryArray:
    return attribute(attributes, rf"(?:^|;)\s*{key}=(?P<value>[^;]*)")


def _texts(table: pa.Table, feature: pa.Array) -> dict[str, pa.Array]:
    """Return what `models_of` wants to know of the transcripts whose lines are ``feature`` of ``table``."""
    own = table.take(feature)
    gene = table.take(pc.index_in(own["Parent"], value_set=table["ID"].combine_chunks()))
    ids = _first_of(
        own["gene_id"],
        gene["gene_id"],
        attribute(own["Dbxref"].combine_chunks(), GENE_ID),
        attribute(gene["Dbxref"].combine_chunks(), GENE_ID),
        _bare(gene["ID"]),
        _bare(own["ID"]),
    )
    kind = own["type"].combine_chunks()
    coded = pc.is_in(kind, value_set=pa.array(CODED_TYPES))
    types = pc.if_else(coded, pa.scalar(b"protein_coding"), kind)
    return {
        "symbols": _first_of(own["gene_name"], gene["gene_name"], own["gene"], gene["Name"], gene["gene"], ids),
        "gene_ids": ids,
        "names": versioned(_first_of(own["transcript_id"], _bare(own["ID"])), own["version"]),
        "biotypes": _first_of(own["transcript_biotype"], own["transcript_type"], own["biotype"], types),
        "tags": own["tag"],
    }


def _bare(ids: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(ids, SOURCE_PREFIX, "")


def _first_of(*columns: pa.Array) -> pa.Array:
    """Return the first value of each row that is not null, with its escapes decoded."""
    plain = [column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column for column in columns]
    found = pc.coalesce(*plain)
    if not pc.any(pc.match_substring(found, ESCAPE)).as_py():
        return found
    return pa.array([value and unquote_to_bytes(value) for value in found.to_pylist()], pa.binary())
