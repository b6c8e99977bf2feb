"""Which names mean the same contig."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ann.anntools.contigs import NUCLEAR, Names, assemblies, contig_name

HUMAN = (*NUCLEAR, "MT")
# Ways to write a human contig, each made from the contig's place among HUMAN.
WAYS = {
    "bare": lambda place: HUMAN[place],
    "chr": lambda place: f"chr{HUMAN[place]}",
    "CHR": lambda place: f"CHR{HUMAN[place]}",
    "small": lambda place: HUMAN[place].lower(),
    "UCSC": lambda place: "chrM" if HUMAN[place] == "MT" else f"chr{HUMAN[place]}",
    "PLINK": lambda place: {"X": "23", "Y": "24", "MT": "26"}.get(HUMAN[place], HUMAN[place]),
    "RefSeq": lambda place: "NC_012920.1" if HUMAN[place] == "MT" else f"NC_{place + 1:06d}.11",
    "GenBank": lambda place: "J01415.2" if HUMAN[place] == "MT" else f"CM{place + 663:06d}.2",
}
CHROM = st.one_of(
    st.text("chrCHR0123456789XYMTNC_.", max_size=14),
    st.text(max_size=6),
    st.builds(lambda way, place: str(WAYS[way](place)), st.sampled_from(sorted(WAYS)), st.integers(0, 24)),
)


@pytest.mark.parametrize("way", WAYS)
def test_every_human_contig_is_known_by_every_way_to_write_it(way: str) -> None:
    names = Names(HUMAN, human=True)
    written = [WAYS[way](place) for place in range(len(HUMAN))]
    assert tuple(contig_name(chrom) for chrom in written) == HUMAN
    assert tuple(names.find(chrom) for chrom in written) == HUMAN
    ucsc = Names([WAYS["UCSC"](place) for place in range(len(HUMAN))], human=True)
    assert [ucsc.find(chrom) for chrom in written] == [WAYS["UCSC"](place) for place in range(len(HUMAN))]


@pytest.mark.parametrize(
    "chrom", ["NC_000025.1", "NC_001807.4", "CM000687.2", "chr1_random", "chr", "", "chr01", "0", "27", "NC_000001"]
)
def test_other_contigs_keep_their_name(chrom: str) -> None:
    assert contig_name(chrom) == chrom
    assert Names(HUMAN, human=True).find(chrom) is None


def test_contigs_of_other_species_are_known_with_and_without_chr() -> None:
    names = Names(["chr1", "2", "chrM", "Scaffold_7", "23"], human=False)
    assert [names.find(chrom) for chrom in ("1", "chr1", "CHR2", "chr2", "MT", "scaffold_7", "chr23")] == [
        "chr1", "chr1", "2", "2", "chrM", "Scaffold_7", "23",
    ]  # fmt: skip
    assert [names.find(chrom) for chrom in ("X", "NC_000001.11", "3", "")] == [None] * 4


def test_a_name_as_it_stands_comes_before_one_that_means_the_same() -> None:
    names = Names(["chr1", "1", "CHR1"], human=False)
    assert [names.find(chrom) for chrom in ("1", "chr1", "CHR1", "Chr1")] == ["1", "chr1", "CHR1", "chr1"]


def test_accessions_tell_the_assembly() -> None:
    assert assemblies("NC_000001.10") == ["GRCh37"]
    assert assemblies("NC_000024.10") == ["GRCh38"]
    assert assemblies("NC_000005.8") == ["hg18"]
    assert assemblies("CM000686.1") == ["GRCh37"]
    assert assemblies("CM000663.2") == ["GRCh38"]
    assert [assemblies(chrom) for chrom in ("1", "NC_012920.1", "NC_000001.99", "CM000662.2")] == [[]] * 4


@given(CHROM)
def test_a_contigs_own_name_means_itself(chrom: str) -> None:
    once = contig_name(chrom)
    assert contig_name(once) == once
    assert Names([chrom], human=True).find(once) == chrom or contig_name(once) not in HUMAN


@given(st.lists(CHROM, max_size=6), CHROM)
def test_what_is_found_is_a_contig_of_the_reference_whatever_the_names(contigs: list[str], chrom: str) -> None:
    for human in (True, False):
        found = Names(contigs, human=human).find(chrom)
        assert found is None or found in contigs
        assert (found == chrom) == (chrom in contigs)
