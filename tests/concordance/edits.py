"""What an allele does to a protein, found by editing the CDS and translating all of it again."""

from tests.concordance.models import COMPLEMENT, Model, Span, translate
from tests.concordance.proteins import Change, change
from tests.concordance.records import Record, trimmed


def translated(model: Model, record: Record, sequence: str, code: int) -> Change | None:
    """Return how the protein changes; None where the allele is not within one coding exon.

    A shifted frame is read on to the end of the transcript.
    """
    if model.cds is None:
        return None
    pos, ref, alt = trimmed(record)
    home = [(s, e) for s, e in model.coding if s <= pos and pos + len(ref) - 1 <= e and (ref or s < pos)]
    if not home:
        return None
    old = _spliced(model, list(model.coding), sequence)
    parts = _to_the_end(model)
    edited = sequence[: pos - 1] + alt + sequence[pos + len(ref) - 1 :]
    grown = len(alt) - len(ref)
    moved = [(s + grown * (s > pos), e + grown * (e >= pos)) for s, e in parts]
    new = _spliced(model, moved, edited)
    return change(translate(old, code), translate(new, code), frameshift=grown % 3 != 0)


def _to_the_end(model: Model) -> list[Span]:
    """Return the exons from the first base of the CDS to the end of the transcript."""
    first, last = model.cds or (0, 0)
    if model.strand == "+":
        return [(max(s, first), e) for s, e in model.exons if e >= first]
    return [(s, min(e, last)) for s, e in model.exons if s <= last]


def _spliced(model: Model, parts: list[Span], sequence: str) -> str:
    text = "".join(sequence[s - 1 : e] for s, e in parts)
    return (text if model.strand == "+" else text.translate(COMPLEMENT)[::-1])[model.phase :]
