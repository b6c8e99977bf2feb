"""Reads HGVS.c and HGVS.n, and applies them to the genome: the result must be what the record says."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from tests.concordance.calls import Calls
from tests.concordance.comparison import Case
from tests.concordance.models import COMPLEMENT, Model
from tests.concordance.proteins import UNKNOWN
from tests.concordance.records import Record, Subject

_HGVS: Final = re.compile(
    r"[cnm]\.(?P<from>[*-]?\d+)(?P<from_offset>[+-]\d+)?(?:_(?P<to>[*-]?\d+)(?P<to_offset>[+-]\d+)?)?"
    r"(?:(?P<old>[ACGTN])>(?P<new>[ACGTN])|(?P<del>del)?[ACGTN]*(?:ins(?P<ins>[ACGTN]+))?|(?P<dup>dup)[ACGTN]*"
    r"|(?P<same>=)|(?P<inv>inv))"
)

Edit = tuple[int, int, str]  # the first and last base on the contig that go, and what comes; an insertion ends before


class Ruler:
    """Where a transcript's numbers lie on the contig."""

    def __init__(self, model: Model) -> None:
        """Take the first base of the CDS for c.1, or that of the transcript for n.1."""
        forward = model.strand == "+"
        self.step = 1 if forward else -1
        places = [place for start, end in model.exons for place in range(start, end + 1)]
        self.places = places if forward else places[::-1]
        self.first, self.last = -1, len(self.places) - 1
        if model.cds is not None:
            ends = [self.places.index(place) for place in model.cds]
            self.first, self.last = min(ends) - 1, max(ends)

    def base(self, number: str, offset: str | None) -> int:
        """Return the place on the contig of a number such as ``-5``, ``17`` or ``*3``, and an offset such as ``+2``."""
        at = self.last + int(number[1:]) if number[0] == "*" else self.first + int(number)
        if number[0] == "-":
            at += 1
        if at < 0:
            found = self.places[0] + at * self.step
        elif at >= len(self.places):
            found = self.places[-1] + (at - len(self.places) + 1) * self.step
        else:
            found = self.places[at]
        return found + int(offset or 0) * self.step


def edit(text: str, ruler: Ruler, sequence: str) -> Edit | None:
    """Return what ``text`` does to ``sequence``, the contig; None where it is not HGVS that we know."""
    match = _HGVS.fullmatch(unquote(text))
    if match is None:
        return None
    ends = [ruler.base(match["from"], match["from_offset"])]
    ends.append(ruler.base(match["to"], match["to_offset"]) if match["to"] else ends[0])
    first, last = min(ends), max(ends)
    old = sequence[first - 1 : last]
    new = _on_contig(match["new"] or match["ins"] or "", ruler)
    if match["old"] and _on_contig(match["old"], ruler) != old:
        return None
    if match["dup"]:
        first, new = last + 1, old
    elif match["same"]:
        new = old
    elif match["inv"]:
        new = old.translate(COMPLEMENT)[::-1]
    elif match["ins"] and not match["del"]:
        # Stands between two neighbours.
        first, last = (first + 1, first) if last == first + 1 else (1, 0)
    return first, last, new


def _on_contig(bases: str, ruler: Ruler) -> str:
    return bases if ruler.step > 0 else bases.translate(COMPLEMENT)[::-1]


def same(text: str, ruler: Ruler, record: Record, sequence: str) -> bool:
    """Whether HGVS ``text`` makes the same sequence as ``record``."""
    found = edit(text, ruler, sequence)
    if found is None:
        return False
    asked = record.pos, record.pos + len(record.ref) - 1, record.alt
    window = min(found[0], asked[0]) - 1, max(found[1], asked[1]) + 1
    made = [sequence[window[0] - 1 : start - 1] + new + sequence[end : window[1]] for start, end, new in (found, asked)]
    return made[0] == made[1]


def describes(subject: Subject, calls: Calls) -> Iterator[Case]:
    """Yield a case for each HGVS text of ``calls``, which agrees where the text makes the record's sequence."""
    names = {model.name: model for model in subject.models}
    rulers: dict[str, Ruler] = {}
    for number, said in calls.items():
        record = subject.records[number]
        for call in said:
            model = names.get(call.transcript or call.gene)
            if model is None or not call.dna:
                continue
            ruler = rulers.setdefault(model.name, Ruler(model))
            right = same(call.dna, ruler, record, subject.genome[model.contig])
            yield Case(
                record=record,
                model=model,
                ours=frozenset({"described" if right else "misdescribed"}),
                theirs=frozenset({"described"}),
                our_protein=UNKNOWN,
                their_protein=UNKNOWN,
                our_call=call,
                their_call=call,
                sequence=subject.genome[model.contig],
                translate=lambda: None,
            )
