"""Puts text into INFO and leaves every other byte as it came."""

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
