"""Gene models of a GTF as Ensembl, GENCODE, RefSeq and UCSC write it.

All lines name their transcript. The stop codon has a line of its own and is not part of the CDS (GTF 2.2); here the
two are put together.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.feature_rows import attribute, batches, flags
from ann.anntools.gene_files import GeneModels, note
from ann.anntools.gene_parts import Collector, assemble, models_of, versioned

EXON = b"exon"
CODING = [b"CDS", b"stop_codon"]
KEYS = (
    *("gene_id", "gene_name", "gene", "transcript_version", "gene_biotype", "gene_type"),
    *("transcript_biotype", "transcript_type"),
)
WITHIN = b"\0"  # between contig and identifier: UCSC's tables name transcripts of X and Y alike


def read(path: Path) -> GeneModels:
    """Return the gene models of ``path``, plain or gzip. Raises ReferenceDataError as `feature_rows.batches` does."""
    parts = Collector()
    described: list[pa.RecordBatch] = []
    nameless = []
    for row, batch in batches(path):
        names = _value(batch["attributes"], "transcript_id")
        coding = flags(pc.is_in(batch["type"], value_set=pa.array(CODING)))
        part = coding | flags(pc.equal(batch["type"], EXON))
        named = flags(pc.fill_null(pc.not_equal(names, b""), False))  # noqa: FBT003  Arrow takes it by place
        nameless.append(row[part & ~named])
        keys = pc.binary_join_element_wise(batch["contig"], names, WITHIN)
        chosen = pa.array(part & named)
        parts.add(row[part & named], batch.filter(chosen), keys.filter(chosen), coding[part & named])
        described.append(_described(keys, names, batch, pa.array(named)))
    found, owners = parts.finish()
    structures = assemble(found, path)
    lost = np.concatenate(nameless)
    if lost.size:
        why = "lines of exon or CDS without a transcript_id were left out"
        structures.notes.insert(0, note(path, lost, lambda count: f"{count} {why}"))
    table = pa.Table.from_batches(described).combine_chunks()
    rows = pc.index_in(owners.take(pa.array(structures.owner)), value_set=table["key"].combine_chunks())
    return models_of(structures, parts.contigs, _texts(table.take(rows).combine_chunks()))


def _described(keys: pa.Array, names: pa.Array, batch: pa.RecordBatch, named: pa.Array) -> pa.RecordBatch:
    """Return what the first line of each transcript says of it, by key."""
    encoded = keys.filter(named).dictionary_encode()
    _, first = np.unique(encoded.indices.to_numpy(), return_index=True)
    rows = pa.array(first)
    attributes = batch["attributes"].filter(named).take(rows)
    tags = [pc.fill_null(attribute(attributes, f"(?P<value>{tag})"), b"") for tag in ("cds_start_NF", "cds_end_NF")]
    columns = {key: _value(attributes, key) for key in KEYS}
    columns |= {"key": encoded.dictionary, "transcript_id": names.filter(named).take(rows)}
    columns |= {"tags": pc.binary_join_element_wise(*tags, b",")}
    return pa.RecordBatch.from_pydict(columns)


def _value(attributes: pa.BinaryArray, key: str) -> pa.BinaryArray:
    return attribute(attributes, rf'(?:^|;)\s*{key} "?(?P<value>[^";]*)')


def _texts(table: pa.Table) -> dict[str, pa.Array]:
    """Return what `models_of` wants to know of the transcripts in the rows of ``table``."""
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    return {
        "symbols": pc.coalesce(columns["gene_name"], columns["gene"], columns["gene_id"]),
        "gene_ids": columns["gene_id"],
        "names": versioned(columns["transcript_id"], columns["transcript_version"]),
        "biotypes": pc.coalesce(
            *(columns[key] for key in ("transcript_biotype", "transcript_type", "gene_biotype", "gene_type"))
        ),
        "tags": columns["tags"],
    }
