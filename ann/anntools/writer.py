"""Puts text into INFO and leaves every other byte as it came."""

import re
from collections.abc import Collection

import numpy as np

from ann.anntools.blocks import INFO, Block
from ann.anntools.texts import Texts


def render(block: Block, texts: Texts) -> bytes:
    """Return the block's bytes with each record's text (``;KEY=value…`` or empty) at the end of its INFO.

    A dot in INFO gives way to the text; there, and where INFO is empty, the text's first semicolon goes too.
    """
    info = block.column(INFO)
    alone = block.without_info & (texts.sizes > 0)
    replaced = alone & (info.sizes == 1)
    kept = np.ones(block.data.size, np.bool_)
    kept[info.starts[replaced]] = False
    texts = Texts(texts.data, texts.starts + alone, texts.sizes - alone)
    # Where each text begins in the output: its place in the input, less the dots gone, plus the texts before it.
    dots = np.cumsum(replaced)
    begins = info.starts + info.sizes - dots + np.cumsum(texts.sizes) - texts.sizes
    output = np.empty(int(kept.sum()) + int(texts.sizes.sum()), np.uint8)
    edges = np.zeros(output.size + 1, np.int8)
    written = texts.sizes > 0
    edges[begins[written]] += 1
    edges[(begins + texts.sizes)[written]] -= 1
    added = np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)
    output[added] = texts.flat()
    output[~added] = block.data[kept]
    return output.tobytes()


def uses(block: Block, keys: Collection[bytes]) -> set[bytes]:
    """Return those of ``keys`` that INFO of any record has."""
    return {match[1] for record, match in _mentions(block, keys)}


def without_keys(block: Block, keys: Collection[bytes]) -> bytes | None:
    """Return the block's bytes with ``keys`` taken out of INFO, None where no record has one."""
    records = sorted({record for record, _ in _mentions(block, keys)})
    if not records:
        return None
    pieces, done = [], 0
    info = block.column(INFO)
    text = block.data.tobytes()
    for record in records:
        start = int(info.starts[record])
        stop = start + int(info.sizes[record])
        fields = [field for field in text[start:stop].split(b";") if field.partition(b"=")[0] not in keys]
        pieces += [text[done:start], b";".join(fields) or b"."]
        done = stop
    return b"".join([*pieces, text[done:]])


def _mentions(block: Block, keys: Collection[bytes]) -> list[tuple[int, re.Match[bytes]]]:
    """Return (record, match) for each use of ``keys`` in INFO."""
    text = block.data.tobytes()
    # A plain search for each key is many times faster than the pattern, and mostly finds nothing.
    present = [re.escape(key) for key in keys if key in text]
    if not present:
        return []
    pattern = re.compile(rb"(?<=[\t;])(" + b"|".join(present) + rb")(?=[=;\t\r\n]|$)")
    info = block.column(INFO)
    found = []
    for match in pattern.finditer(text):
        record = int(np.searchsorted(info.starts, match.start(), side="right")) - 1
        if record >= 0 and match.start() < info.starts[record] + info.sizes[record]:
            found.append((record, match))
    return found
