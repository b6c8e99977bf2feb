"""Twenty Ensembl transcripts whose expected consequences come with bcftools' own tests (bcftools, test/csq)."""

from pathlib import Path

from tests.concordance.calls import Calls, merge, parse_bcsq
from tests.concordance.models import read_fasta, read_gff3
from tests.concordance.records import Record, Subject

TAB = "\t"
FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "csq"


def load(folder: Path) -> tuple[Subject, Calls, str]:
    """Return all records on all transcripts, what is expected of them, and the GFF3.

    Each transcript's contig is called after it, so that the twenty slices make one genome. Nothing is expected of
    records of which the files say nothing; an empty list means that the tool says nothing.
    """
    records: list[Record] = []
    expected: Calls = {}
    genome: dict[str, str] = {}
    annotation = ["##gff-version 3"]
    for home in sorted(folder.iterdir()):
        (genome[home.name],) = read_fasta(home / f"{home.name}.fa").values()
        lines = (home / f"{home.name}.gff").read_text().splitlines()
        annotation += [f"{home.name}\t{line.partition(TAB)[2]}" for line in lines if line and not line.startswith("#")]
        for vcf in sorted(home.glob("*.vcf")):
            for fields in (line.split(TAB) for line in vcf.read_text().splitlines() if line and line[0] != "#"):
                items = dict(item.partition("=")[::2] for item in fields[7].split(";"))
                stated = items.get("EXPL", items.get("EXP"))
                if stated is not None:
                    values = [] if stated == "." else stated.split(",")
                    expected[len(records)] = merge(call for value in values for call in parse_bcsq(value))
                records.append(Record(home.name, int(fields[1]), fields[3], fields[4]))
    text = "\n".join(annotation) + "\n"
    return Subject(records=records, models=read_gff3(text), genome=genome), expected, text
