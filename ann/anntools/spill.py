"""Rows put aside in a file until all of their part are there, so that a build needs memory for one part only."""

from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

import pyarrow as pa

Part = TypeVar("Part", bound=Hashable)


class Spill(Generic[Part]):
    """Record batches of one schema by part, kept in a file that is gone when the context ends."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._places: dict[Part, list[tuple[int, int]]] = {}

    def __enter__(self) -> "Spill[Part]":
        self._file = self._path.open("w+b")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._path.unlink()

    @property
    def parts(self) -> Iterable[Part]:
        """The parts that have rows."""
        return self._places.keys()

    def add(self, part: Part, columns: Sequence[pa.Array]) -> None:
        """Put rows of ``part`` aside, after those that it has."""
        body = pa.RecordBatch.from_arrays(list(columns), schema=self._schema).serialize()
        self._places.setdefault(part, []).append((self._file.tell(), body.size))
        self._file.write(body)

    def take(self, part: Part) -> pa.RecordBatch:
        """Return all rows of ``part`` in the order in which they came."""
        batches = []
        for place, size in self._places[part]:
            self._file.seek(place)
            batches.append(pa.ipc.read_record_batch(pa.py_buffer(self._file.read(size)), self._schema))
        self._file.seek(0, 2)
        return pa.Table.from_batches(batches, self._schema).combine_chunks().to_batches()[0]
