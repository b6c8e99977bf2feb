"""Gene models out of the two kinds of tables that the packages carry; see `ann.anntools.data.build_bundle`."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NUCLEAR = [*(str(number) for number in range(1, 23)), "X", "Y"]


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One gene model: exons ascending, 1-based inclusive; ``cds`` is None where nothing is translated.

    ``frame`` is the number of bases of the first coding exon (in the direction of transcription) that belong to a
    codon begun before it, 0 to 2, or -1 where the source does not tell.
    """

    contig: str
    strand: int
    gene: str
    name: str
    biotype: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[int, int] | None
    frame: int = -1


def read_genepred(text: str) -> Iterator[Transcript]:
    """Yield the gene models of a UCSC table (0-based half-open) on the assembled chromosomes."""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, chrom, strand, _, _, cds_start, cds_end, _, starts, ends, gene, frames = line.split("\t")[:12]
        contig = chrom.removeprefix("chr")
        if contig not in NUCLEAR:
            continue
        exons = tuple((int(start) + 1, int(end)) for start, end in zip(numbers(starts), numbers(ends), strict=True))
        # exonFrames counts the bases of the codon in hand that come before each exon.
        coding = [frame for frame in numbers(frames) if frame != "-1"]
        yield Transcript(
            contig=contig,
            strand=1 if strand == "+" else -1,
            gene=gene,
            name=name,
            biotype="protein_coding" if cds_start != cds_end else "non_coding",
            exons=exons,
            cds=(int(cds_start) + 1, int(cds_end)) if cds_start != cds_end else None,
            frame=-1 if not coding else -int(coding[0] if strand == "+" else coding[-1]) % 3,
        )


def numbers(field: str) -> list[str]:
    """Split a UCSC list, which ends with a comma."""
    return field.rstrip(",").split(",")


Row = tuple[str, str, str, str, int, int]  # contig, strand, gene, gene type, start, end
Span = tuple[int, int]


def read_gencode(tables: dict[str, list[Row]], names: dict[Row, list[str]]) -> list[Transcript]:
    """Return GENCODE gene models from tables that keep the order of the GTF but not the transcripts' identifiers.

    ``tables`` has transcripts, exons, CDSs, UTRs and start_codons. A transcript owns the next exons up to its end;
    it is coding where the next CDS and UTR rows tile exactly those exons. ``names`` are of coding transcripts, by
    place; they are given where place, strand and gene leave no choice.
    """
    exons, coding, utrs = (Runs(tables[kind]) for kind in ("exons", "CDSs", "UTRs"))
    starts = {(*row[:3], place) for row in tables["start_codons"] for place in row[4:]}
    found: list[tuple[Row, tuple[Span, ...], Span | None]] = []
    for gene, rows in gene_runs(tables["transcripts"]):
        models = [tuple(sorted(exons.take_span(row))) for row in rows]
        spans, cds_rows, utr_rows = assign_cds(models, coding.peek_gene(gene), utrs.peek_gene(gene))
        coding.at += cds_rows
        utrs.at += utr_rows
        found += zip(rows, models, spans, strict=True)
    for table in (exons, coding, utrs):
        if table.at != len(table.rows):
            raise ValueError(f"row {table.at} of {len(table.rows)} fits no transcript: {table.rows[table.at]}")
    twins = Counter((*row[:3], "", *row[4:]) for row, _, cds in found if cds)
    transcripts = []
    for row, model, cds in found:
        contig, strand, symbol, biotype, start, end = row
        place = (contig, strand, symbol, "", start, end)
        known = names.get(place, [])
        first = cds and (cds[0] if strand == "+" else cds[1])
        transcripts.append(
            Transcript(
                contig=contig,
                strand=1 if strand == "+" else -1,
                gene=symbol,
                name=known[0] if cds and len(known) == twins[place] == 1 else "",
                biotype=biotype,
                exons=model,
                cds=cds,
                frame=0 if cds and (contig, strand, symbol, first) in starts else -1,
            )
        )
    return transcripts


def gene_runs(rows: list[Row]) -> Iterator[tuple[tuple[str, ...], list[Row]]]:
    """Group neighbouring rows of one gene."""
    run: list[Row] = []
    for row in rows:
        if run and row[:3] != run[0][:3]:
            yield run[0][:3], run
            run = []
        run.append(row)
    if run:
        yield run[0][:3], run


class Runs:
    """A table read from the top, a transcript or a gene at a time."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.at = 0

    def take_span(self, transcript: Row) -> list[tuple[int, int]]:
        """Return the next exons, which must reach from the start to the end of ``transcript``."""
        taken: list[tuple[int, int]] = []
        while not taken or min(taken)[0] > transcript[4] or max(taken)[1] < transcript[5]:
            row = self.rows[self.at]
            if row[:3] != transcript[:3]:
                raise ValueError(f"exon row {self.at} does not belong to {transcript}")
            taken.append(row[4:])
            self.at += 1
        return taken

    def peek_gene(self, gene: tuple[str, ...]) -> list[tuple[int, int]]:
        """Return the next rows of ``gene``, none where the next row is another gene's."""
        end = self.at
        while end < len(self.rows) and self.rows[end][:3] == gene:
            end += 1
        return [row[4:] for row in self.rows[self.at : end]]


def assign_cds(
    models: list[tuple[Span, ...]], coding: list[Span], utrs: list[Span]
) -> tuple[list[Span | None], int, int]:
    """Share out a gene's CDS and UTR rows, in order, to its transcripts; None for those that get none.

    Returns the CDS spans and how many CDS and UTR rows were used. Depth first, because a non-coding transcript may
    by chance hold the next CDS row. Rows are left over where a second gene of the same name follows.
    """
    best: tuple[list[Span | None], int, int] = ([None] * len(models), 0, 0)
    stack: list[tuple[int, int, tuple[Span | None, ...]]] = [(0, 0, ())]
    seen: set[tuple[int, int, int]] = set()
    while stack:
        cds_at, utr_at, found = stack.pop()
        if (len(found), cds_at, utr_at) in seen:
            continue
        seen.add((len(found), cds_at, utr_at))
        if len(found) == len(models):
            best = max(best, (list(found), cds_at, utr_at), key=lambda option: option[1])
            if cds_at == len(coding):
                break
            continue
        stack.append((cds_at, utr_at, (*found, None)))
        for size in run_sizes(models[len(found)], coding, cds_at):
            cds = coding[cds_at : cds_at + size]
            rest = untranslated(models[len(found)], cds)
            if sorted(utrs[utr_at : utr_at + len(rest)]) == rest:
                stack.append((cds_at + size, utr_at + len(rest), (*found, (min(cds)[0], max(cds)[1]))))
    return best


def run_sizes(model: tuple[Span, ...], coding: list[Span], at: int) -> Iterable[int]:
    """Return how many of the next CDS rows may belong to ``model``: each in its own exon, all in one direction."""
    used: set[Span] = set()
    sizes = []
    for start, end in coding[at:]:
        home = next((exon for exon in model if exon[0] <= start and end <= exon[1]), None)
        if home is None or home in used:
            break
        used.add(home)
        sizes.append(len(used))
    return sizes


def untranslated(model: tuple[Span, ...], cds: list[Span]) -> list[Span]:
    """Return the parts of the exons outside the CDS rows, ascending."""
    parts = []
    homes = {exon: part for exon in model for part in cds if exon[0] <= part[0] and part[1] <= exon[1]}
    for exon in model:
        part = homes.get(exon)
        if part is None:
            parts.append(exon)
            continue
        if exon[0] < part[0]:
            parts.append((exon[0], part[0] - 1))
        if part[1] < exon[1]:
            parts.append((part[1] + 1, exon[1]))
    return parts
