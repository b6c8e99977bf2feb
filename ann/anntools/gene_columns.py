"""The gene models of one contig as an Arrow record batch, small on disk and quick to read.

A batch has one row; every column is one list, so that columns of different lengths lie side by side:

    genes, gene_ids          binary, per gene: symbol and identifier
    names, biotypes          binary, per transcript
    gene                     int32, row of genes, per transcript
    strand, phase            int8, per transcript, as in `Transcripts`
    start_known, stop_known, early_stop  bool, per transcript, as in `Transcripts`
    cds_start, cds_end       int32, per transcript: bases between its ends and those of the CDS, -1 where nothing is
                             translated
    exon_counts              int32, per transcript
    exon_gaps                int32, per exon: of a transcript's first exon its start less that of the transcript before
                             (less 0 at first), of any other its start less the end of the exon before
    exon_sizes               int32, per exon, bases

Differences are small numbers, which compress to a third of what places would take.
"""

from typing import Any, Final

import numpy as np
import pyarrow as pa

from ann.anntools.texts import Ints
from ann.anntools.transcripts import Transcripts

TYPES: Final = {
    "genes": pa.binary(),
    "gene_ids": pa.binary(),
    "names": pa.binary(),
    "biotypes": pa.binary(),
    "gene": pa.int32(),
    "strand": pa.int8(),
    "phase": pa.int8(),
    "start_known": pa.bool_(),
    "stop_known": pa.bool_(),
    "early_stop": pa.bool_(),
    "cds_start": pa.int32(),
    "cds_end": pa.int32(),
    "exon_counts": pa.int32(),
    "exon_gaps": pa.int32(),
    "exon_sizes": pa.int32(),
}
SCHEMA: Final = pa.schema([(name, pa.list_(kind)) for name, kind in TYPES.items()])


def pack(models: Transcripts) -> pa.RecordBatch:
    """Return the batch of one contig's gene models, which may not be empty; positions are below 2 ** 31."""
    firsts = models.exon_offsets[:-1]
    gaps = models.exon_starts - np.concatenate(([0], models.exon_ends[:-1]))
    gaps[firsts] = np.diff(models.starts, prepend=0)
    columns: dict[str, Any] = {
        "genes": models.genes,
        "gene_ids": models.gene_ids,
        "names": models.names,
        "biotypes": models.biotypes,
        "gene": models.gene,
        "strand": models.strand,
        "phase": models.phase,
        "start_known": models.start_known,
        "stop_known": models.stop_known,
        "early_stop": np.zeros(len(models), np.bool_) if models.early_stop is None else models.early_stop,
        "cds_start": np.where(models.coding, models.cds_start - models.starts, -1),
        "cds_end": np.where(models.coding, models.ends - models.cds_end, -1),
        "exon_counts": models.exon_counts,
        "exon_gaps": gaps,
        "exon_sizes": models.exon_ends - models.exon_starts + 1,
    }
    lists = [_list(pa.array(columns[name]).cast(kind)) for name, kind in TYPES.items()]
    return pa.RecordBatch.from_arrays(lists, schema=SCHEMA)


def unpack(batch: pa.RecordBatch, genetic_code: int) -> Transcripts:
    """Return the gene models that `pack` put into ``batch``, without their sequences."""
    values = {name: batch.column(name).flatten() for name in TYPES}
    counts = _int64(values["exon_counts"])
    offsets = np.concatenate(([0], np.cumsum(counts)))
    firsts = offsets[:-1]
    steps, sizes = _int64(values["exon_gaps"]), _int64(values["exon_sizes"])
    starts = np.cumsum(steps[firsts])
    # Walk along each transcript: a step leads from the start of one exon to the start of the next.
    steps[1:] += sizes[:-1] - 1
    steps[firsts] = 0
    walked = np.cumsum(steps)
    exon_starts = walked + np.repeat(starts - walked[firsts], counts)
    exon_ends = exon_starts + sizes - 1
    ends = exon_ends[offsets[1:] - 1]
    before, after = _int64(values["cds_start"]), _int64(values["cds_end"])
    return Transcripts(
        starts=starts,
        ends=ends,
        strand=values["strand"].to_numpy(),
        gene=_int64(values["gene"]),
        genes=values["genes"],
        gene_ids=values["gene_ids"],
        names=values["names"],
        biotypes=values["biotypes"],
        cds_start=np.where(before >= 0, starts + before, 1),
        cds_end=np.where(before >= 0, ends - after, 0),
        phase=values["phase"].to_numpy(),
        start_known=values["start_known"].to_numpy(zero_copy_only=False),
        stop_known=values["stop_known"].to_numpy(zero_copy_only=False),
        early_stop=values["early_stop"].to_numpy(zero_copy_only=False),
        exon_offsets=offsets,
        exon_starts=exon_starts,
        exon_ends=exon_ends,
        genetic_code=genetic_code,
    )


def _list(values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)


def _int64(values: pa.Array) -> Ints:
    found: Ints = values.to_numpy().astype(np.int64)
    return found
