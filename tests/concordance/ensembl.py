"""Twenty Ensembl transcripts whose expected consequences come with bcftools' own tests (bcftools, test/csq)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.concordance.calls import Calls, merge, parse_bcsq
from tests.concordance.models import Model, read_fasta, read_gff3
from tests.concordance.records import Record

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "csq"


@dataclass(frozen=True)
class Transcript:
    """One folder: its models and genome, with the files they come from, and records with what is expected of them.

    ``expected`` leaves out records of which the files say nothing; an empty list means that nothing is expected.
    """

    name: str
    sequence: Path
    genes: Path
    genome: dict[str, str]
    models: list[Model]
    records: list[Record]
    expected: Calls


def transcripts() -> Iterator[Transcript]:
    """Yield the twenty transcripts."""
    for folder in sorted(FOLDER.iterdir()):
        sequence, genes = folder / f"{folder.name}.fa", folder / f"{folder.name}.gff"
        records: list[Record] = []
        expected: Calls = {}
        for vcf in sorted(folder.glob("*.vcf")):
            for line in vcf.read_text().splitlines():
                if line.startswith("#") or not line.strip():
                    continue
                fields = line.split("\t")
                items = dict(item.partition("=")[::2] for item in fields[7].split(";"))
                stated = items.get("EXPL", items.get("EXP"))
                if stated is not None:
                    values = [] if stated == "." else stated.split(",")
                    expected[len(records)] = merge(call for value in values for call in parse_bcsq(value))
                records.append(Record(fields[0], int(fields[1]), fields[3], fields[4]))
        yield Transcript(
            folder.name, sequence, genes, read_fasta(sequence), read_gff3(genes.read_text()), records, expected
        )
