"""A genome made of random bases, with gene models of every shape that fit its sequence."""

import random
from dataclasses import replace

from tests.concordance.models import CODES, COMPLEMENT, Model, Span

STOPS = ("TAA", "TAG", "TGA")
SENSE = sorted(codon for codon, letter in CODES[1].items() if letter != "*")


def make(seed: int, size: int, contig: str = "chr1") -> tuple[dict[str, str], list[Model]]:
    """Return a genome of one contig of ``size`` bases, and its models, the same for the same ``seed``.

    Genes lie on both strands and have 1 to 30 exons. About every fifth CDS lacks its beginning (phase 1 or 2), every
    tenth its end; coding genes have a transcript that skips an exon, some a non-coding one, some a gene on the
    other strand across them. A CDS that has its first codon begins with ATG, one that has its last ends with a stop
    codon, and has no other.
    """
    rng = random.Random(seed)
    bases = rng.choices("ACGT", k=size)
    models: list[Model] = []
    at, number = 2000, 0
    while True:
        exons = _exons(rng, at)
        if exons[-1][1] > size - 2000:
            break
        number += 1
        strand = rng.choice("+-")
        name = f"G{number:03}"
        first = Model(contig=contig, strand=strand, gene=name, name=f"T{number:03}A", biotype="lncRNA", exons=exons)
        if number % 6:
            first = _translated(first, bases, rng, number)
        models += [first, *_siblings(first, rng)]
        at = exons[-1][1] + rng.randint(200, 6000)
    genome = {contig: "".join(bases)}
    return genome, [m for model in models for m in [_reading(model, genome)] if m]


def _exons(rng: random.Random, at: int) -> tuple[Span, ...]:
    """Return 1 to 30 exons from ``at`` on, of which some are tiny."""
    found = []
    for _ in range(rng.choice((1, 1, 2, 3, 4, 5, 7, 10, 15, rng.randint(16, 30)))):
        long = rng.randint(4, 30) if rng.random() < 0.1 else rng.randint(60, 300)
        found.append((at, at + long - 1))
        at += long + rng.randint(40, 500)
    return tuple(found)


def _places(model: Model) -> list[int]:
    """Return the places of the spliced bases, in the direction of the transcript."""
    found = [place for start, end in model.exons for place in range(start, end + 1)]
    return found if model.strand == "+" else found[::-1]


def _translated(model: Model, bases: list[str], rng: random.Random, number: int) -> Model:
    """Give ``model`` a CDS and write its codons into ``bases``."""
    places = _places(model)
    first, last = rng.randint(0, len(places) // 3), rng.randint(2 * len(places) // 3, len(places) - 1)
    phase = rng.choice((1, 2)) if number % 5 == 0 else 0
    headless, tailless = phase > 0, number % 10 == 1
    first = 0 if headless else first
    whole = (last + 1 - first - phase) // 3
    if whole < 4:
        return model
    last = len(places) - 1 if tailless else first + phase + 3 * whole - 1
    if tailless and (last + 1 - first - phase) % 3 == 0:
        first += 0 if headless else 1
        phase = phase % 2 + 1 if headless else 0
    codons = [places[at : at + 3] for at in range(first + phase, last - 1, 3)]
    for codon in codons:
        if _read(codon, bases, model.strand) in STOPS:
            _write(codon, rng.choice(SENSE), bases, model.strand)
    if not headless:
        _write(codons[0], "ATG", bases, model.strand)
    if not tailless:
        _write(codons[-1], rng.choice(STOPS), bases, model.strand)
    ends = sorted((places[first], places[last]))
    return replace(model, biotype="protein_coding", cds=(ends[0], ends[1]), phase=phase)


def _siblings(model: Model, rng: random.Random) -> list[Model]:
    """Return transcripts that share exons with ``model``, and one of another gene on the other strand."""
    found = []
    bare = replace(model, cds=None, phase=0)
    if model.cds and len(model.exons) > 3:
        skipped = rng.randrange(1, len(model.exons) - 1)
        exons = model.exons[:skipped] + model.exons[skipped + 1 :]
        found.append(replace(bare, name=f"{model.name[:-1]}B", exons=exons))
    if rng.random() < 0.3:
        found.append(replace(bare, name=f"{model.name[:-1]}C", biotype="lncRNA", exons=model.exons[:2]))
    if rng.random() < 0.3:
        other = "-" if model.strand == "+" else "+"
        shift = rng.randint(-900, 900)
        exons = tuple((start + shift, end + shift) for start, end in model.exons[:6])
        found.append(replace(bare, name=f"{model.name[:-1]}D", gene=f"{model.gene}AS", strand=other, exons=exons))
    return found


def _reading(model: Model, genome: dict[str, str]) -> Model | None:
    """Give a coding transcript that has no CDS yet its longest open reading frame; None where it has a short one."""
    if model.cds or model.biotype != "protein_coding":
        return model
    places = _places(model)
    text = "".join(genome[model.contig][place - 1] for place in places)
    text = text if model.strand == "+" else text.translate(COMPLEMENT)
    best = (0, 0)
    for at in range(len(text) - 5):
        if text[at : at + 3] != "ATG":
            continue
        stop = next((i for i in range(at, len(text) - 2, 3) if text[i : i + 3] in STOPS), -1)
        if stop - at > best[1] - best[0]:
            best = at, stop
    if best[1] - best[0] < 30:
        return None
    ends = sorted((places[best[0]], places[best[1] + 2]))
    return replace(model, cds=(ends[0], ends[1]))


def _read(places: list[int], bases: list[str], strand: str) -> str:
    text = "".join(bases[place - 1] for place in places)
    return text if strand == "+" else text.translate(COMPLEMENT)


def _write(places: list[int], text: str, bases: list[str], strand: str) -> None:
    for place, base in zip(places, text if strand == "+" else text.translate(COMPLEMENT), strict=True):
        bases[place - 1] = base
