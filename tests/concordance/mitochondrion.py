"""The mitochondrion as the engine ships it (rCRS), as models and genome."""

from ann.anntools.refdata import load
from tests.concordance.models import Model

CONTIG = "MT"
CODE = 2


def tables() -> tuple[list[Model], dict[str, str]]:
    """Return the models and the genome of the rCRS; a transcript without a name is called after its gene."""
    reference = load("rCRS")
    found = reference.transcripts(CONTIG)
    sequence = reference.sequence(CONTIG)
    if found is None or sequence is None:
        raise AssertionError("the shipped rCRS has no transcripts or no sequence")
    models = []
    for row in range(len(found)):
        exons = slice(found.exon_offsets[row], found.exon_offsets[row + 1])
        spans = zip(found.exon_starts[exons].tolist(), found.exon_ends[exons].tolist(), strict=True)
        gene = found.genes[found.gene[row]].as_py().decode()
        models.append(
            Model(
                contig=CONTIG,
                strand="+" if found.strand[row] > 0 else "-",
                gene=gene,
                name=found.names[row].as_py().decode() or gene,
                biotype=found.biotypes[row].as_py().decode(),
                exons=tuple(spans),
                cds=(int(found.cds_start[row]), int(found.cds_end[row])) if found.coding[row] else None,
                phase=int(found.phase[row]),
            )
        )
    return models, {CONTIG: sequence.tobytes().decode()}
