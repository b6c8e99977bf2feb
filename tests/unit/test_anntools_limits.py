"""No input, however small, makes a worker write, remember or compute without bound."""

import gzip
from collections import Counter

import pytest

from ann.anntools.annotated import EXAMINED
from ann.anntools.errors import BadInput
from ann.anntools.limits import LIMITS, Limits
from tests.unit.anntools_samples import APOE, HEADER, annotated, info, records

CHROMOSOME = b"1\t1\t.\tN\t<DEL>\t.\t.\tEND=249250621\n"


def test_the_more_alleles_the_fewer_transcripts_each_lists() -> None:
    for alleles in (2, 20, 1000):
        text = HEADER + CHROMOSOME.replace(b"<DEL>", b"<DEL>" + b",G" * (alleles - 1))
        output, findings = annotated(text)
        listed = Counter(entry.split("|")[0] for entry in info(records(output)[0])["ANN"].split(","))
        assert listed.total() <= 1000
        assert listed["<DEL>"] == min(200, 1000 // alleles)
        assert listed["G"] > 0
        assert any("at most 200 for an allele and 1,000 for a record" in warning for warning in findings.warnings)


def test_of_thousands_of_transcripts_the_first_are_examined() -> None:
    findings = annotated(HEADER + CHROMOSOME)[1]
    assert findings.tally.isoforms.sum() == EXAMINED
    assert findings.summary()["consequences"]["most_severe"]["transcript_ablation"] == 1


@pytest.mark.parametrize(
    "line",
    [
        b"##contig=<ID=1,length=" + b"9" * 5000 + b">\n",
        b"##contig=<ID=NC_000001." + b"9" * 5000 + b",length=7>\n",
        b"##contig=<ID=1,length=0x10>\n",
    ],
)
def test_numbers_too_long_to_be_positions_are_not_read(line: bytes) -> None:
    output, findings = annotated(HEADER.replace(b"#CHROM", line + b"#CHROM") + APOE)
    assert info(records(output)[0])["GENE"] == "APOE"
    assert findings.warnings == ()


def test_a_length_too_long_to_be_one_spans_nothing() -> None:
    output = annotated(HEADER + b"19\t45400000\t.\tA\t<DEL>\t.\t.\tSVLEN=-" + b"9" * 5000 + b"\n")[0]
    assert "APOE" not in info(records(output)[0]).get("GENE", "")


def test_more_header_lines_than_any_genome_needs_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^The header has more than 250,000 lines, the most that is taken\.$"):
        annotated(gzip.compress(b"##fileformat=VCFv4.2\n" + b"##\n" * 3_000_000))


def test_a_gzip_of_the_same_again_and_again_is_refused_early() -> None:
    with pytest.raises(BadInput, match=r"^The gzip unpacks to more than 600 times its size"):
        annotated(gzip.compress(HEADER + b"1\t1\t.\tA\tC\t.\t.\t" + b"x" * 40_000_000))


def test_contigs_that_nobody_knows_are_told_apart_only_up_to_a_number() -> None:
    strays = b"".join(b"scaffold%d\t5\t.\tA\tC\t.\t.\t.\n" % number for number in range(5000))
    findings = annotated(HEADER + strays + APOE)[1]
    assert len(findings.tally.unplaced_by) <= 1001
    assert findings.tally.unplaced_by["more contigs are not in GRCh37"] >= 4000
    assert findings.tally.unplaced_by.total() == 5000
    assert list(findings.tally.density) == ["19"]


def test_a_result_out_of_proportion_is_refused() -> None:
    text = HEADER + CHROMOSOME * 2000
    with pytest.raises(BadInput, match=r"^The result is larger than 1,000,000 bytes and 100 times the input"):
        annotated(text, limits=Limits(result=1_000_000))
    assert len(annotated(text, limits=Limits(result=1_000_000, growth=2000))[0]) > 1_000_000
    assert LIMITS.result >= 1 << 30


def test_alleles_of_a_record_that_are_too_long_together_are_refused() -> None:
    text = HEADER + b"19\t45411941\t.\tT\tCA,CT\t.\t.\t.\n"
    assert annotated(text, limits=Limits(alt=5))
    with pytest.raises(BadInput, match=r"^Line \d+: ALT is longer than 4 bytes, the most that is taken"):
        annotated(text, limits=Limits(alt=4))
