"""Which genome a file is taken to refer to, and why."""

import pytest

from ann.anntools.assembly import contig_name, find, named
from ann.anntools.blocks import parse
from ann.anntools.errors import UnknownAssembly
from ann.anntools.header import Header

NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def header(*lines: str) -> Header:
    return parse([b"##fileformat=VCFv4.2\n", *(line.encode() + b"\n" for line in lines), NAMES], b"")


@pytest.mark.parametrize(
    ("line", "assembly"),
    [
        ("##reference=rCRS", "rCRS"),
        ("##reference=1000GenomesPilot-NCBI36 ", "hg18"),
        ("##reference=human_b36_both.fasta", "hg18"),
        ("##reference=file:///data/human_g1k_v37.fasta", "GRCh37"),
        ("##reference=ftp://host/hs37d5.fa.gz", "GRCh37"),
        ("##reference=ucsc.hg19.fa", "GRCh37"),
        ("##reference=GRCh38.p13", "GRCh38"),
        ("##reference=/x/hs38DH.fa", "GRCh38"),
        ("##reference=GCA_000001405.15_no_alt.fa", "GRCh38"),
        ("##contig=<ID=1,length=249250621>", "GRCh37"),
        ("##contig=<ID=chr2,length=242193529>", "GRCh38"),
        ("##contig=<ID=chrX,length=154913754>", "hg18"),
        ("##contig=<ID=5,assembly=b37>", "GRCh37"),
        ("##contig=<ID=NC_000003.12>", "GRCh38"),
        ('##UnifiedGenotyper="analysis_type=x reference_sequence=/data/human_g1k_v37.fasta rodBind=[]"', "GRCh37"),
    ],
)
def test_the_header_tells_the_assembly(line: str, assembly: str) -> None:
    found = find(header(line), ["1"], None)
    assert found.name == assembly
    assert found.why
    assert found.warnings == ()


def test_mitochondrial_records_alone_mean_the_rcrs() -> None:
    assert find(header(), ["chrM", "MT"], None).name == "rCRS"


def test_accessions_in_the_records_tell_the_assembly() -> None:
    assert find(header(), ["NC_000001.10"], None).name == "GRCh37"


@pytest.mark.parametrize("lines", [(), ("##reference=x.fa",), ("##contig=<ID=1,length=5>",), ("##source=ab370",)])
def test_an_assembly_that_cannot_be_known_is_asked_for_with_the_choices(lines: tuple[str, ...]) -> None:
    with pytest.raises(UnknownAssembly, match=r"cannot be known.*GRCh38 \(hg38\), GRCh37 \(hg19\), hg18"):
        find(header(*lines), ["1"], None)


@pytest.mark.parametrize("name", ["mm10", "T2T-CHM13v2.0", "hg17"])
def test_an_assembly_that_is_not_available_is_named(name: str) -> None:
    with pytest.raises(UnknownAssembly, match=r"which is not available; there are GRCh38"):
        find(header(f"##reference={name}"), ["1"], None)


def test_what_the_user_asks_for_settles_it_and_a_contradiction_is_said() -> None:
    found = find(header("##reference=hg19"), ["1"], "hg38")
    assert found.name == "GRCh38"
    assert found.warnings == ("The assembly GRCh38 was asked for, but ##reference says hg19, which means GRCh37.",)
    assert find(header(), ["1"], "b37").warnings == ()


def test_a_header_that_contradicts_itself_is_warned_of() -> None:
    found = find(header("##reference=hg19", "##contig=<ID=1,length=248956422>"), ["1"], None)
    assert found.name == "GRCh37"
    assert "1 ##contig lengths are those of GRCh38" in found.warnings[0]


@pytest.mark.parametrize(
    ("name", "assembly"), [("hg19", "GRCh37"), ("GRCh38.p14", "GRCh38"), ("NCBI36", "hg18"), ("rcrs", "rCRS")]
)
def test_an_assembly_may_be_asked_for_by_its_usual_names(name: str, assembly: str) -> None:
    assert named(name) == assembly


@pytest.mark.parametrize("name", ["", "hg1", "hg190", "mm10", "x hg19"])
def test_an_unknown_name_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(UnknownAssembly, match="is not known; choose one of GRCh38"):
        named(name)


@pytest.mark.parametrize(
    ("chrom", "name"),
    [
        ("1", "1"), ("chr1", "1"), ("CHR1", "1"), ("chrX", "X"), ("x", "X"), ("23", "X"), ("24", "Y"),
        ("M", "MT"), ("chrM", "MT"), ("MT", "MT"), ("chrMT", "MT"), ("NC_012920.1", "MT"), ("NC_000024.9", "Y"),
        ("NC_000025.1", "NC_000025.1"), ("chr1_random", "chr1_random"), ("chr", "chr"), ("", ""), ("chr01", "chr01"),
    ],
)  # fmt: skip
def test_a_contig_has_one_name(chrom: str, name: str) -> None:
    assert contig_name(chrom) == name
