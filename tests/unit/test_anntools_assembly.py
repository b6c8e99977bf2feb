"""Which genome a file is taken to refer to, and why."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest

from ann.anntools.assembly import Assembly, choices, find, named
from ann.anntools.errors import UnknownAssembly
from ann.anntools.header import Header, parse
from ann.anntools.refcheck import Fit

NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SHIPPED = {
    "GRCh38": {"1": 248956422, "2": 242193529, "3": 198295559},
    "GRCh37": {"1": 249250621, "2": 243199373, "5": 180915260},
    "hg18": {"1": 247249719, "X": 154913754},
    "rCRS": {"MT": 16569},
}
TOY = {"chrA": 1000, "1": 500}


def header(*lines: str) -> Header:
    return parse([b"##fileformat=VCFv4.2\n", *(line.encode() + b"\n" for line in lines), NAMES], b"")


def found(
    *lines: str,
    chroms: tuple[str, ...] = ("1",),
    wanted: str | None = None,
    fits: tuple[Fit, ...] = (),
    own: Mapping[str, Mapping[str, int]] = MappingProxyType({}),
) -> Assembly:
    return find(header(*lines), chroms, wanted, {**own, **SHIPPED}, given=tuple(own), fits=fits)


def fitting(assembly: str, compared: int, mismatches: int, beyond: int = 0) -> Fit:
    return Fit(assembly=assembly, records=100, placed=100, beyond=beyond, compared=compared, mismatches=mismatches)


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
        ("##contig=<ID=NC_000001.10,length=249250621>", "GRCh37"),
        ("##contig=<ID=5,assembly=b37>", "GRCh37"),
        ("##contig=<ID=NC_000003.12>", "GRCh38"),
        ("##contig=<ID=CM000663.2>", "GRCh38"),
        ('##UnifiedGenotyper="analysis_type=x reference_sequence=/data/human_g1k_v37.fasta rodBind=[]"', "GRCh37"),
    ],
)
def test_the_header_tells_the_assembly(line: str, assembly: str) -> None:
    taken = found(line)
    assert taken.name == assembly
    assert taken.why
    assert taken.warnings == ()


def test_mitochondrial_records_alone_mean_the_rcrs() -> None:
    assert found(chroms=("chrM", "MT")).name == "rCRS"
    assert found(chroms=("chrM",), fits=(fitting("rCRS", 30, 1),)).name == "rCRS"


def test_mitochondrial_records_whose_ref_differs_are_not_taken_for_the_rcrs() -> None:
    with pytest.raises(UnknownAssembly, match="REF is not the base of rCRS in 20 of the first 30 records; choose"):
        found(chroms=("chrM",), fits=(fitting("rCRS", 30, 20),))


def test_accessions_in_the_records_tell_the_assembly() -> None:
    assert found(chroms=("NC_000001.10",)).name == "GRCh37"
    assert found(chroms=("CM000664.2",)).name == "GRCh38"


def test_ref_tells_the_assembly_where_nothing_else_does() -> None:
    taken = found(fits=(fitting("GRCh38", 90, 70), fitting("GRCh37", 90, 1)))
    assert (taken.name, taken.why) == ("GRCh37", "REF is its base in 89 of the first 90 records")
    with pytest.raises(UnknownAssembly, match="cannot be known"):
        found(fits=(fitting("GRCh37", 19, 0),))
    with pytest.raises(UnknownAssembly, match="5 of the first 100 records lie beyond the contigs of hg18; choose"):
        found(fits=(fitting("hg18", 90, 0, beyond=5),))


@pytest.mark.parametrize("lines", [(), ("##reference=x.fa",), ("##contig=<ID=1,length=5>",), ("##source=ab370",)])
def test_an_assembly_that_cannot_be_known_is_asked_for_with_the_choices(lines: tuple[str, ...]) -> None:
    with pytest.raises(UnknownAssembly, match=r"cannot be known.*GRCh38 \(hg38\), GRCh37 \(hg19\), hg18"):
        found(*lines)


@pytest.mark.parametrize("name", ["mm10", "T2T-CHM13v2.0", "hg17"])
def test_an_assembly_that_is_not_available_is_named(name: str) -> None:
    with pytest.raises(UnknownAssembly, match=r"which is not available; there are GRCh38"):
        found(f"##reference={name}")


def test_what_the_user_asks_for_settles_it_and_a_contradiction_is_said() -> None:
    taken = found("##reference=hg19", wanted="hg38")
    assert taken.name == "GRCh38"
    assert taken.warnings == ("The assembly GRCh38 was asked for, but ##reference says hg19, which means GRCh37.",)
    assert found(wanted="b37").warnings == ()


def test_a_header_that_contradicts_itself_is_warned_of() -> None:
    taken = found("##reference=hg19", "##contig=<ID=1,length=248956422>")
    assert taken.name == "GRCh37"
    assert "1 ##contig lengths are those of GRCh38" in taken.warnings[0]
    assert taken.warnings[1] == (
        "1 of the lengths in ##contig are not those of GRCh37, the first 248,956,422 bases for 1."
    )


def test_records_that_contradict_the_header_are_warned_of_with_counts() -> None:
    fits = (fitting("GRCh38", 90, 70, beyond=3), fitting("GRCh37", 90, 2))
    (said,) = found("##reference=hg38", fits=fits).warnings
    assert said == (
        "3 of the first 100 records lie beyond the contigs of GRCh38 and REF is not the base of GRCh38 in 70 of the "
        "first 90 records, while GRCh37 fits 88 of 90."
    )
    assert found("##reference=hg19", fits=fits).warnings == ()


def test_the_length_of_a_mitochondrion_is_no_contradiction() -> None:
    assert found("##reference=hg19", "##contig=<ID=chrM,length=16571>").warnings == ()


def test_the_only_reference_given_is_taken_and_a_contradiction_is_said() -> None:
    own = {"toy": TOY}
    assert found(own=own) == Assembly("toy", "the reference given holds only it")
    taken = found("##reference=hg19", own=own)
    assert taken.name == "toy"
    assert taken.warnings == ("The reference given is of toy, but ##reference says hg19, which means GRCh37.",)
    assert found("##reference=/x/toy.fa", "##contig=<ID=A,length=1000>", own=own).warnings == ()
    assert found("##contig=<ID=A,length=7>", own=own).warnings == (
        "1 of the lengths in ##contig are not those of toy, the first 7 bases for A.",
    )
    assert found(own=own, wanted="hg19").name == "GRCh37"


def test_of_several_references_given_the_header_chooses() -> None:
    own = {"toy": TOY, "mm10": {"1": 195471971}}
    assert found("##reference=mm10.fa", own=own).name == "mm10"
    assert found("##reference=/data/toy.fa", own=own).name == "toy"
    assert found("##contig=<ID=chrA,length=1000>", own=own).name == "toy"
    assert found("##reference=hg19", own=own).name == "GRCh37"
    with pytest.raises(UnknownAssembly, match=r"choose one of toy, mm10, GRCh38 \(hg38\), GRCh37"):
        found("##reference=/data/toyota.fa", own=own)


@pytest.mark.parametrize(
    ("name", "assembly"),
    [("hg19", "GRCh37"), ("GRCh38.p14", "GRCh38"), ("NCBI36", "hg18"), ("rcrs", "rCRS"), (" TOY", "toy")],
)
def test_an_assembly_may_be_asked_for_by_its_usual_names(name: str, assembly: str) -> None:
    assert named(name, [*SHIPPED, "toy"]) == assembly


def test_a_reference_that_was_built_under_another_usual_name_is_found() -> None:
    assert named("GRCh37", ["hg19", "rCRS"]) == "hg19"


@pytest.mark.parametrize("name", ["", "hg1", "hg190", "mm10", "x hg19", "\x1b[31m"])
def test_an_unknown_name_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(UnknownAssembly, match="is not known; choose one of GRCh38"):
        named(name)


def test_choices_read_as_a_sentence() -> None:
    assert choices(["toy"]) == "toy"
    assert choices(["toy", "hg18"]) == "toy or hg18 (NCBI36)"
    assert choices() == "GRCh38 (hg38), GRCh37 (hg19), hg18 (NCBI36) or rCRS (mitochondrion)"
