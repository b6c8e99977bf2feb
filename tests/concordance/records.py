"""Records to compare on: one ALT each, as VCF; every SNV, and random variants of all kinds."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.concordance.models import Model

INDELS = ("deletion", "insertion")
KINDS = ("snv", "snv", "snv", "mnv", "delins", *INDELS)


@dataclass(frozen=True, order=True)
class Record:
    """One record of one ALT; ``pos`` is 1-based."""

    contig: str
    pos: int
    ref: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What two tools are compared on: records, models, genome (sequences by contig) and NCBI's genetic code."""

    records: list[Record]
    models: list[Model]
    genome: dict[str, str]
    code: int = 1


def write_vcf(path: Path, records: list[Record], genome: dict[str, str]) -> Path:
    """Write ``records``, sorted, each with its number among them as ID, and return ``path``."""
    lines = ["##fileformat=VCFv4.2\n"]
    lines += [f"##contig=<ID={name},length={len(sequence)}>\n" for name, sequence in genome.items()]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
    lines += [
        f"{r.contig}\t{r.pos}\tr{i}\t{r.ref}\t{r.alt}\t.\t.\t.\n"
        for i, r in sorted(enumerate(records), key=lambda item: item[1])
    ]
    path.write_text("".join(lines))
    return path


def trimmed(record: Record) -> tuple[int, str, str]:
    """Return POS, REF and ALT without the bases that both share at the end, then at the beginning."""
    ref, alt, pos = record.ref, record.alt, record.pos
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt, pos = ref[1:], alt[1:], pos + 1
    return pos, ref, alt


def left_aligned(record: Record, sequence: str) -> Record:
    """Return an insertion or deletion moved to the left as far as it goes, with one base before; others as they are."""
    pos, ref, alt = trimmed(record)
    if bool(ref) == bool(alt):
        return record
    moved = ref or alt
    while pos > 2 and sequence[pos - 2] == moved[-1]:
        moved, pos = moved[-1] + moved[:-1], pos - 1
    base = sequence[pos - 2]
    return Record(record.contig, pos - 1, base + moved * bool(ref), base + moved * bool(alt))


def info(path: Path, key: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record's number and the comma-separated values of INFO ``key``, none where it is absent."""
    with path.open() as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            found = [item[len(key) + 1 :] for item in fields[7].split(";") if item.startswith(key + "=")]
            yield int(fields[2].removeprefix("r")), found[0].split(",") if found else []


def every_snv(contig: str, sequence: str, spans: Iterable[tuple[int, int]] | None = None) -> list[Record]:
    """Return every SNV at all bases of ``sequence``, or of ``spans`` of it, that are one of A, C, G and T."""
    places = sorted({p for s, e in spans or [(1, len(sequence))] for p in range(s, e + 1)})
    return [
        Record(contig, place, base, alt)
        for place in places
        if (base := sequence[place - 1]) in "ACGT"
        for alt in "ACGT"
        if alt != base
    ]


def borders(model: Model) -> list[int]:
    """Return the places where something begins or ends in ``model``: exons and CDS."""
    found = [place for span in model.exons for place in span]
    return found + list(model.cds or ())


class Chance:
    """Makes random variants of one contig: SNVs, MNVs, and indels of up to 30 bases, alone or together.

    Half of the plain indels are moved to the left as far as they go, the others stay where they fell. Most are written
    with one shared base, some with more on either side.
    """

    def __init__(self, contig: str, sequence: str, seed: int) -> None:
        self._contig, self._sequence = contig, sequence
        self._rng = random.Random(seed)

    def variants(self, places: Sequence[int], count: int, kinds: Sequence[str] = KINDS) -> list[Record]:
        """Return ``count`` distinct variants, sorted, most of them within six bases of one of ``places``."""
        found: set[Record] = set()
        while len(found) < count:
            record = self._variant(self._rng.choice(places), self._rng.choice(kinds))
            if record is not None and set(record.ref + record.alt) <= set("ACGT") and record.ref != record.alt:
                found.add(record)
        return sorted(found)

    def _variant(self, place: int, kind: str) -> Record | None:
        rng, sequence = self._rng, self._sequence
        reach = 6 if rng.random() < 0.7 else 40
        at = place + rng.randint(-reach, reach)
        if not 32 < at < len(sequence) - 64:
            return None
        if kind in ("snv", "mnv"):
            ref = sequence[at - 1 : at - 1 + (1 if kind == "snv" else rng.randint(2, 5))]
            return Record(self._contig, at, ref, "".join(rng.choice([b for b in "ACGT" if b != base]) for base in ref))
        size = rng.choice((1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 6, 9, 12, rng.randint(1, 30)))
        new = "".join(rng.choice("ACGT") for _ in range(size))
        if kind == "deletion":
            return self._padded(at, size, "")
        if kind == "insertion":
            return self._padded(at, 0, sequence[at - 1 : at - 1 + size] if rng.random() < 0.4 else new)
        return self._padded(at, rng.randint(1, 12), new)

    def _padded(self, at: int, gone: int, new: str) -> Record:
        """Write that ``gone`` bases from ``at`` on become ``new``, as VCF asks: with a base before."""
        rng, sequence = self._rng, self._sequence
        if not (gone and new) and rng.random() < 0.5:
            while at > 2 and sequence[at - 2] == (sequence[at + gone - 2] if gone else new[-1]):
                new = new and new[-1] + new[:-1]
                at -= 1
        before = at - 1 if rng.random() < 0.8 else at - rng.randint(1, 4)
        after = at + gone - 1 if rng.random() < 0.8 else at + gone - 1 + rng.randint(0, 4)
        left, right = sequence[before - 1 : at - 1], sequence[at + gone - 1 : after]
        return Record(self._contig, before, left + sequence[at - 1 : at - 1 + gone] + right, left + new + right)
