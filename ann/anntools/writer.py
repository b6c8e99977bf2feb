"""Puts text into columns of records and leaves every other byte as it came."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ann.anntools.blocks import DOT, ID, INFO, Block
from ann.anntools.texts import Bools, Bytes, Ints, bytes_of, glue, offsets_of


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A text for each of N records of a block at the end of one of its columns.

    ``at``: int64 (N,), where in the block's bytes the text goes. ``alone``: bool (N,), where the column has no value:
    a dot (``dot``, bool (N,)) gives way to the text, and the text's first byte, the separator, is left out.
    """

    texts: pa.BinaryArray
    at: Ints
    alone: Bools
    dot: Bools


def info_edit(block: Block, texts: pa.BinaryArray) -> Edit:
    """Return the edit that adds ``texts`` (``;KEY=value…`` or empty) to INFO."""
    return _edit(block, INFO, texts)


def id_edit(block: Block, texts: pa.BinaryArray) -> Edit:
    """Return the edit that adds ``texts`` (``;identifier…`` or empty) to ID."""
    return _edit(block, ID, texts)


def _edit(block: Block, number: int, texts: pa.BinaryArray) -> Edit:
    column = block.column(number)
    dot = (column.sizes == 1) & (block.data[np.minimum(column.starts, block.data.size - 1)] == DOT)
    written = np.diff(offsets_of(texts)) > 0
    alone = ((column.sizes == 0) | dot) & written
    return Edit(texts=texts, at=column.starts + column.sizes, alone=alone, dot=dot & written)


def render(block: Block, edits: list[Edit]) -> pa.Buffer:
    """Return the block's bytes with the texts of ``edits``, which are in the order of their columns."""
    # A record becomes a row of pieces: per edit what is kept before it, with the text behind; then the tail. Where a
    # text must go without its first byte, that and a dot have a piece of their own, which can be left out.
    each = 3 if any(edit.alone.any() for edit in edits) else 1
    width = len(edits) * each + 1
    kept = np.empty((len(block), width), np.int64)
    skipped = np.zeros((len(block), width), np.bool_)
    begin = block.lines.starts
    for number, edit in enumerate(edits):
        first = number * each
        kept[:, first] = begin
        if each > 1:
            kept[:, first + 1] = edit.at - edit.dot
            kept[:, first + 2] = edit.at
            skipped[:, first + 1] = edit.dot
        begin = edit.at
    kept[:, -1] = begin
    pieces = _rows(block.data, np.append(kept.ravel(), block.data.size), skipped)
    texts = [_spread(edit, number * each, each, width) for number, edit in enumerate(edits)]
    return glue(pieces, *texts).buffers()[2]


def _spread(edit: Edit, first: int, each: int, width: int) -> pa.BinaryArray:
    """Return the edit's texts in rows of pieces, ``width`` a record: from piece ``first`` on, else empty."""
    offsets = offsets_of(edit.texts).astype(np.int64)
    edges = np.empty((len(edit.texts), width), np.int64)
    skipped = np.zeros((len(edit.texts), width), np.bool_)
    edges[:, : first + 1] = offsets[:-1, None]
    edges[:, first + 1 :] = offsets[1:, None]
    if each > 1:
        edges[:, first + 1] = offsets[:-1]
        edges[:, first + 2] = np.minimum(offsets[:-1] + 1, offsets[1:])
        skipped[:, first + 1] = edit.alone
    return _rows(bytes_of(edit.texts), np.append(edges.ravel(), offsets[-1]), skipped)


def _rows(data: Bytes, edges: Ints, skipped: Bools) -> pa.BinaryArray:
    valid = pa.py_buffer(np.packbits(~skipped.ravel(), bitorder="little")) if skipped.any() else None
    buffers = [valid, pa.py_buffer(edges.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), edges.size - 1, buffers)
