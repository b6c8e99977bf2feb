"""The changes of proteins, put together from what single bases and other edits do."""

from collections.abc import Sequence

import numpy as np

from ann.anntools.coding import Proteins
from ann.anntools.effects import PeptideChange
from ann.anntools.texts import Ints, Texts


def none() -> PeptideChange:
    """Return no change of any protein."""
    nothing = np.zeros(0, np.int64)
    texts = Texts(np.zeros(0, np.uint8), nothing, nothing)
    return PeptideChange(pair=nothing, ref=texts, alt=texts, first=nothing, frameshift=np.zeros(0, np.bool_))


def changes(parts: Sequence[tuple[Ints, Proteins]]) -> PeptideChange:
    """Return the changes of all ``parts``, each being rows of the effects and what happens to their proteins."""
    if not parts:
        return none()
    pair = np.concatenate([rows for rows, _ in parts])
    order = np.argsort(pair, kind="stable")
    return PeptideChange(
        pair=pair[order],
        ref=_stack([proteins.ref for _, proteins in parts]).take(order),
        alt=_stack([proteins.alt for _, proteins in parts]).take(order),
        first=np.concatenate([proteins.first for _, proteins in parts])[order] + 1,
        frameshift=np.concatenate([proteins.frameshift for _, proteins in parts])[order],
    )


def moved(change: PeptideChange, place: Ints) -> PeptideChange:
    """Return the changes with row ``i`` of the effects being row ``place[i]``."""
    pair = place[change.pair]
    order = np.argsort(pair, kind="stable")
    return PeptideChange(
        pair=pair[order],
        ref=change.ref.take(order),
        alt=change.alt.take(order),
        first=change.first[order],
        frameshift=change.frameshift[order],
    )


def joined(parts: Sequence[PeptideChange], shifts: Sequence[int]) -> PeptideChange:
    """Return all changes as one, the rows of each part counted on from its shift."""
    return PeptideChange(
        pair=np.concatenate([part.pair + shift for part, shift in zip(parts, shifts, strict=True)]),
        ref=_stack([part.ref for part in parts]),
        alt=_stack([part.alt for part in parts]),
        first=np.concatenate([part.first for part in parts]),
        frameshift=np.concatenate([part.frameshift for part in parts]),
    )


def _stack(parts: Sequence[Texts]) -> Texts:
    """Return the rows of all ``parts``, one part after another."""
    base = np.cumsum([0, *(part.data.size for part in parts[:-1])])
    return Texts(
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.starts + shift for part, shift in zip(parts, base, strict=True)]),
        np.concatenate([part.sizes for part in parts]),
    )
