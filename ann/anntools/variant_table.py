"""variants.parquet: a row for every record and allele with its most severe transcript, sorted as the genome is."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa

from ann.anntools import __version__
from ann.anntools.annotated import Annotated
from ann.anntools.blocks import Block
from ann.anntools.streams import whole_file
from ann.anntools.texts import Ints
from ann.anntools.variant_columns import REPEATING, SCHEMA, Models, finished
from ann.anntools.variant_rows import SCHEMA as ROWS_SCHEMA
from ann.anntools.variant_rows import of_annotated, of_unplaced
from ann.anntools.variant_spill import BYTES, ROWS, Spill, in_order

TABLE_SCHEMA: Final = "gas-variants/1"
# Contigs that the assembly does not have, each sorted apart; more are sorted together, which bounds memory.
STRANGERS: Final = 1000
# Rows that wait for earlier ones to come; a block tells its contigs by name, and callers sort loosely now and then.
WAITING: Final = 1 << 15
# Columns of the rows that the finished ones do not tell, kept aside in case the order of the input breaks.
ASIDE: Final = ("key", "chrom", "type", "terms", "transcript")


class Pending:
    """Rows that are not sorted yet."""

    def __init__(self) -> None:
        self._batches: list[pa.RecordBatch] = []
        self.rows = self._bytes = 0

    def take(self, rows: pa.RecordBatch) -> bool:
        """Add rows and return whether there are enough for a part."""
        self._batches.append(rows)
        self.rows += rows.num_rows
        self._bytes += rows.nbytes
        return self.rows >= ROWS + WAITING or self._bytes >= BYTES

    def sorted(self) -> pa.RecordBatch:
        """Return all rows sorted and begin anew."""
        rows = in_order(pa.concat_batches(self._batches))
        self._batches = []
        self.rows = self._bytes = 0
        return rows


class VariantTable:
    """Writes variants.parquet, columns `variant_columns.SCHEMA`, in bounded memory whatever the order of the input.

    Rows are sorted by contig, POS, REF and ALT: first the contigs of the reference in its order, then records without
    a place, their contigs in the order in which they came. Sorted input goes straight through. As soon as the order
    breaks, all goes to a file beside the output, which needs some 150 bytes a row, and is merged at the end; records
    without a place always do. The output appears when it is whole.

    A context manager: without an exception it closes the table, with one it leaves nothing behind.
    """

    def __init__(self, path: Path, contigs: Sequence[str], assembly: str) -> None:
        """Begin a table at ``path``; ``contigs`` are our names in the reference's order. Raises OSError."""
        self._contigs = list(contigs)
        self._places = {name: place for place, name in enumerate(self._contigs)}
        self._strangers: dict[bytes, int] = {}
        self._models: dict[int, Models] = {}
        self._folder = path.parent
        self._metadata = {"schema": TABLE_SCHEMA, "assembly": assembly, "engine_version": __version__}
        self._pending = Pending()
        self._unplaced = Pending()
        self._lowest = 0  # key that the next row must have at least for the order to hold
        self._spill: Spill | None = None
        self._unplaced_spill: Spill | None = None
        with ExitStack() as opened:
            self._file: Any = opened.enter_context(whole_file(path))
            self._aside = opened.enter_context(tempfile.TemporaryFile(dir=self._folder))
            self._begin()
            self._opened = opened.pop_all()

    def add(self, annotated: Annotated) -> None:
        """Add the alleles of records of one contig."""
        place = self._places[annotated.contig]
        if annotated.transcripts is not None and place not in self._models:
            self._models[place] = Models.of(annotated.transcripts)
        for batch in of_annotated(annotated, place):
            if self._pending.take(batch):
                self._flush(last=False)

    def add_unplaced(self, block: Block, rows: Ints) -> None:
        """Add the alleles of records that have no place in the assembly, ``rows`` of ``block``, ascending, int64."""
        if not rows.size:
            return
        names, codes = block.contigs()
        places = np.zeros(len(names), np.int64)
        for code in np.unique(codes[rows]).tolist():
            if len(self._strangers) < STRANGERS:
                self._strangers.setdefault(names[code], len(self._strangers))
            places[code] = len(self._contigs) + self._strangers.get(names[code], STRANGERS)
        for batch in of_unplaced(block, rows, places[codes[rows]]):
            if self._unplaced.take(batch):
                self._flush_unplaced()

    def close(self) -> None:
        """Write what is left, and put the table in its place."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._opened:
            try:
                if error is None:
                    self._finish()
            finally:
                # Before its file is closed, or it would complain when it is collected.
                self._writer.close()
                self._kept.close()
            if error is not None:
                self._opened.__exit__(kind, error, trace)  # the half of a table goes away

    def _finish(self) -> None:
        if self._pending.rows:
            self._flush(last=True)
        if self._spill is not None:
            for rows in self._spill.parts():
                self._write(rows)
        if self._unplaced_spill is None:
            if self._unplaced.rows:
                self._write(self._unplaced.sorted())
            return
        if self._unplaced.rows:
            self._flush_unplaced()
        for rows in self._unplaced_spill.parts():
            self._write(rows)

    def _begin(self) -> None:
        """Begin the Parquet file and what is kept aside of it."""
        from pyarrow import parquet  # noqa: PLC0415  only for those who ask for a table

        self._file.seek(0)
        self._file.truncate()
        self._writer = parquet.ParquetWriter(
            self._file,
            SCHEMA.with_metadata(self._metadata),
            compression="zstd",
            use_dictionary=list(REPEATING),
            column_encoding={"pos": "DELTA_BINARY_PACKED"},
            write_page_index=True,
        )
        self._kept = pa.ipc.new_stream(
            self._aside,
            pa.schema([ROWS_SCHEMA.field(name) for name in ASIDE]),
            options=pa.ipc.IpcWriteOptions(compression="zstd"),
        )

    def _flush(self, *, last: bool) -> None:
        """Send on what is pending; what is in order and not ``last`` leaves some rows to wait for earlier ones."""
        rows = self._pending.sorted()
        key = rows["key"].to_numpy()
        if self._spill is None and key[0] < self._lowest:
            self._start_spill()
        if self._spill is not None:
            self._spill.add(rows)
            return
        # Rows of one key stay together, unless they are more than may be pending.
        ready = key.size if last else int(np.searchsorted(key, key[-1 - min(WAITING, key.size // 2)])) or key.size
        self._lowest = int(key[ready - 1]) + int(ready < key.size)
        self._write(rows[:ready])
        if ready < key.size:
            self._pending.take(rows[ready:])

    def _flush_unplaced(self) -> None:
        if self._unplaced_spill is None:
            self._unplaced_spill = self._opened.enter_context(closing(Spill(self._folder)))
        self._unplaced_spill.add(self._unplaced.sorted())

    def _write(self, rows: pa.RecordBatch) -> None:
        if not rows.num_rows:
            return
        table = finished(rows, self._contigs, self._models)
        self._writer.write_table(table, row_group_size=rows.num_rows)
        if self._spill is None:
            self._kept.write_batch(rows.select(list(ASIDE)))

    def _start_spill(self) -> None:
        """Take back the rows that were written, since rows that belong before them have come."""
        from pyarrow import parquet  # noqa: PLC0415  as above

        self._writer.close()
        self._kept.close()
        self._file.flush()
        self._spill = self._opened.enter_context(closing(Spill(self._folder)))
        self._aside.seek(0)
        with parquet.ParquetFile(self._file.name) as written:
            for group, aside in enumerate(pa.ipc.open_stream(self._aside)):
                columns = {name: aside[name] for name in ASIDE}
                table = written.read_row_group(group)
                columns |= {
                    field.name: table[field.name].combine_chunks().cast(field.type)
                    for field in ROWS_SCHEMA
                    if field.name not in columns
                }
                self._spill.add(pa.record_batch([columns[name] for name in ROWS_SCHEMA.names], schema=ROWS_SCHEMA))
        self._aside.truncate(0)
        self._begin()
