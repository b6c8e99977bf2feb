"""Gene models in their simplest form, as GFF3, FASTA and proteins; plain code that shares nothing with the engine."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

Span = tuple[int, int]

BASES = "TCAG"
CODONS = [a + b + c for a in BASES for b in BASES for c in BASES]
# The amino acids of NCBI's genetic codes 1 and 2, in the order of CODONS.
CODES = {
    1: dict(zip(CODONS, "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG", strict=True)),
    2: dict(zip(CODONS, "FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG", strict=True)),
}
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@dataclass(frozen=True, kw_only=True)
class Model:
    """One transcript: exons ascending, 1-based inclusive; ``cds`` from its first to its last base, None for none.

    ``phase`` counts the bases at the beginning of the CDS that finish a codon begun before it.
    """

    contig: str
    strand: str
    gene: str
    name: str
    biotype: str
    exons: tuple[Span, ...]
    cds: Span | None = None
    phase: int = 0

    @property
    def coding(self) -> tuple[Span, ...]:
        """The translated parts of the exons, ascending."""
        if self.cds is None:
            return ()
        first, last = self.cds
        return tuple((max(first, s), min(last, e)) for s, e in self.exons if s <= last and e >= first)

    @property
    def untranslated(self) -> Iterator[tuple[str, Span]]:
        """The parts of the exons before and after the CDS, with their GFF3 types."""
        if self.cds is not None:
            first, last = self.cds
            left, right = ("five_prime_UTR", "three_prime_UTR")[:: 1 if self.strand == "+" else -1]
            for start, end in self.exons:
                if start < first:
                    yield left, (start, min(end, first - 1))
                if end > last:
                    yield right, (max(start, last + 1), end)

    @property
    def in_order(self) -> list[Span]:
        """The translated parts in the direction of the transcript."""
        return sorted(self.coding, reverse=self.strand == "-")


def cds(model: Model, genome: dict[str, str]) -> str:
    """Return the spliced CDS in the direction of the transcript, from its first whole codon on."""
    sequence = "".join(genome[model.contig][s - 1 : e] for s, e in model.coding).upper()
    if model.strand == "-":
        sequence = sequence.translate(COMPLEMENT)[::-1]
    return sequence[model.phase :]


def translate(sequence: str, code: int) -> str:
    """Return the amino acids of all whole codons; of the mitochondrion also a stop that poly-A completes."""
    if code == 2 and len(sequence) % 3:
        sequence += "A" * (3 - len(sequence) % 3)
    codons = (sequence[at : at + 3] for at in range(0, len(sequence) - 2, 3))
    return "".join(CODES[code].get(codon, "X") for codon in codons)


def gff3(models: Iterable[Model]) -> str:
    """Return the models as GFF3 in the style of Ensembl's files."""
    lines = ["##gff-version 3"]
    ordered = sorted(models, key=lambda model: (model.contig, model.gene))
    for (contig, gene), group in groupby(ordered, key=lambda model: (model.contig, model.gene)):
        members = list(group)
        body = min(m.exons[0][0] for m in members), max(m.exons[-1][1] for m in members)
        coding = next((m.biotype for m in members if m.cds), members[0].biotype)
        lines.append(_line(contig, "gene", body, members[0].strand, f"ID=gene:{gene};Name={gene};biotype={coding}"))
        for member in members:
            lines += _transcript(member)
    return "\n".join(lines) + "\n"


def _transcript(model: Model) -> Iterator[str]:
    parent = f"Parent=transcript:{model.name}"
    about = f"ID=transcript:{model.name};Parent=gene:{model.gene};biotype={model.biotype};transcript_id={model.name}"
    kind = "mRNA" if model.cds else "transcript"
    yield _line(model.contig, kind, (model.exons[0][0], model.exons[-1][1]), model.strand, about)
    for span in model.exons:
        yield _line(model.contig, "exon", span, model.strand, parent)
    for kind, span in model.untranslated:
        yield _line(model.contig, kind, span, model.strand, parent)
    done = -model.phase
    for span in model.in_order:
        about = f"ID=CDS:{model.name}P;{parent};protein_id={model.name}P"
        yield _line(model.contig, f"CDS\t{-done % 3}", span, model.strand, about)
        done += span[1] - span[0] + 1


def _line(contig: str, kind: str, span: Span, strand: str, about: str) -> str:
    """Return a line; what follows a TAB in ``kind`` is its phase."""
    kind, _, phase = kind.partition("\t")
    return "\t".join((contig, "made", kind, str(span[0]), str(span[1]), ".", strand, phase or ".", about))


def read_gff3(text: str) -> list[Model]:
    """Return the transcripts of an Ensembl GFF3."""
    transcripts: dict[str, tuple[str, str, str, str]] = {}
    genes: dict[str, str] = {}
    exons: dict[str, list[Span]] = {}
    parts: dict[str, list[tuple[int, int, int]]] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        fields = line.split("\t")
        start, end = int(fields[3]), int(fields[4])
        about = dict(item.split("=", 1) for item in fields[8].split(";") if "=" in item)
        parent = about.get("Parent", "").removeprefix("transcript:")
        if about.get("ID", "").startswith("gene:"):
            genes[about["ID"]] = about.get("Name", about["ID"].removeprefix("gene:"))
        elif about.get("ID", "").startswith("transcript:"):
            transcripts[about["ID"].removeprefix("transcript:")] = (
                fields[0],
                fields[6],
                about["Parent"],
                about["biotype"],
            )
        elif fields[2] == "exon":
            exons.setdefault(parent, []).append((start, end))
        elif fields[2] == "CDS":
            parts.setdefault(parent, []).append((start, end, int(fields[7])))
    found = []
    for name, (contig, strand, gene, biotype) in transcripts.items():
        translated = sorted(parts.get(name, []))
        begin = (translated[0] if strand == "+" else translated[-1]) if translated else None
        found.append(
            Model(
                contig=contig,
                strand=strand,
                gene=genes[gene],
                name=name,
                biotype=biotype,
                exons=tuple(sorted(exons[name])),
                cds=(translated[0][0], translated[-1][1]) if translated else None,
                phase=begin[2] if begin else 0,
            )
        )
    return found


def read_fasta(path: Path) -> dict[str, str]:
    """Return the sequences of a FASTA file, in capitals."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            name = line[1:].split()[0]
            found[name] = []
        else:
            found[name].append(line.strip().upper())
    return {name: "".join(lines) for name, lines in found.items()}


def fasta(genome: dict[str, str]) -> str:
    """Return ``genome`` as FASTA with lines of 60 bases."""
    parts = []
    for name, sequence in genome.items():
        parts.append(f">{name}\n")
        parts += [sequence[at : at + 60] + "\n" for at in range(0, len(sequence), 60)]
    return "".join(parts)
