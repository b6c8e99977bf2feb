"""Compares the engine with a reference tool, allele by allele and transcript by transcript, and counts."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tests.concordance.calls import Call
from tests.concordance.models import Model
from tests.concordance.proteins import UNKNOWN, Change, agree
from tests.concordance.records import Record

BAR = 0.995  # the least share of (allele, transcript) pairs on which two tools agree
BORDER_BAR = 0.99  # the same where every third variant is near the end of an exon or of a CDS


@dataclass(frozen=True, kw_only=True)
class Case:
    """One record and transcript as both tools see it, terms and changes of the protein already in common words.

    ``sequence`` is the contig's.
    """

    record: Record
    model: Model
    ours: frozenset[str]
    theirs: frozenset[str]
    our_protein: Change
    their_protein: Change
    our_call: Call
    their_call: Call
    sequence: str
    translate: Callable[[], Change | None]

    @cached_property
    def plain(self) -> Change | None:
        """How the protein changes where the edited CDS is translated, None where that cannot be told."""
        return self.translate()

    @property
    def agrees(self) -> bool:
        """Whether both say the same; of a protein that the peer does not know or show, only we say something."""
        return self.ours == self.theirs and agree(self.our_protein, self.their_protein)

    def __str__(self) -> str:
        r, m = self.record, self.model
        return (
            f"{r.contig}:{r.pos} {r.ref}>{r.alt} {m.name}({m.strand}) exons {m.exons} CDS {m.cds} phase {m.phase}: "
            f"ours {'&'.join(sorted(self.ours))} {self.our_call.dna} {self.our_call.protein} {self.our_protein}, "
            f"theirs {'&'.join(sorted(self.theirs))} {self.their_call.dna} {self.their_call.protein} "
            f"{self.their_protein}"
        )


@dataclass(frozen=True)
class Difference:
    """A class of differences that is accepted, with the sentence that says why."""

    name: str
    why: str
    applies: Callable[[Case], bool]


@dataclass
class Result:
    """How many pairs agree, how many differ in each class, and examples; ``unexplained`` are in no class.

    ``proteins`` counts the pairs that agree of which the peer states the protein's change, or that there is none.
    """

    title: str
    agreed: int = 0
    proteins: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, Case] = field(default_factory=dict)
    unexplained: list[Case] = field(default_factory=list)
    differences: tuple[Difference, ...] = ()

    @property
    def total(self) -> int:
        """How many pairs were compared."""
        return self.agreed + sum(self.classes.values()) + len(self.unexplained)

    @property
    def share(self) -> float:
        """The share of pairs that agree."""
        return self.agreed / max(self.total, 1)

    def table(self) -> str:
        """Return the result in Markdown."""
        lines = [
            f"### {self.title}",
            "",
            f"{self.agreed:,} of {self.total:,} pairs of allele and transcript agree ({self.share:.3%}).",
            "",
        ]
        if self.classes or self.unexplained:
            lines += ["| differences | class | why | example |", "|---:|---|---|---|"]
        why = {difference.name: difference.why for difference in self.differences}
        for name, count in self.classes.most_common():
            lines.append(f"| {count:,} | {name} | {why[name]} | {_short(self.examples[name])} |")
        if self.unexplained:
            lines.append(f"| {len(self.unexplained):,} | not explained | | {_short(self.unexplained[0])} |")
        return "\n".join([*lines, ""])


def _short(case: Case) -> str:
    r = case.record
    ref, alt = (text if len(text) < 13 else f"{text[:10]}…" for text in (r.ref, r.alt))
    words = [
        ", ".join(sorted(x.removesuffix("_variant") for x in terms)) or "nothing" for terms in (case.ours, case.theirs)
    ]
    proteins = [case.our_call.protein, case.their_call.protein]
    if case.our_protein != case.their_protein:
        words = [f"{word} {protein[:24]}".rstrip() for word, protein in zip(words, proteins, strict=True)]
    return f"{r.contig}:{r.pos} {ref}>{alt}: {words[0]}; the peer: {words[1]}"


def compare(title: str, cases: Iterator[Case], differences: tuple[Difference, ...]) -> Result:
    """Count what agrees; sort what does not into the first class of ``differences`` that applies."""
    result = Result(title, differences=differences)
    for case in cases:
        if case.agrees:
            result.agreed += 1
            result.proteins += case.their_protein != UNKNOWN and bool(case.their_call.protein)
            continue
        name = next((difference.name for difference in differences if difference.applies(case)), None)
        if name is None:
            result.unexplained.append(case)
        else:
            result.classes[name] += 1
            result.examples.setdefault(name, case)
    return result
