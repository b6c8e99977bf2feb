"""The mitochondrion against bcftools csq and SnpEff."""

import pytest

from tests.concordance import suites
from tests.concordance.comparison import BAR, Result
from tests.concordance.peers import SNPEFF

# ND1, whose stop codon is incomplete; ATP8, ATP6 and CO3, which overlap; ND6 on the other strand with what is around.
SPANS = [(3300, 4270), (8360, 9995), (14140, 14760)]
INDELS = 600


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    records = sorted({*suites.mitochondrial_snvs(SPANS), *suites.mitochondrial_indels(INDELS)})
    folder = tmp_path_factory.mktemp("mitochondrion")
    found = suites.mitochondrial(folder, records, with_snpeff=SNPEFF is not None, title="rCRS")
    return {result.title.partition(": ")[2]: result for result in found}


def test_the_mitochondrion_agrees_with_bcftools_csq(results: dict[str, Result]) -> None:
    _agrees(results["bcftools csq"])


@pytest.mark.skipif(SNPEFF is None, reason="Debian's snpeff is not installed")
def test_the_mitochondrion_agrees_with_snpeff(results: dict[str, Result]) -> None:
    _agrees(results["SnpEff"])


def test_hgvs_names_of_the_mitochondrion_describe_the_records(results: dict[str, Result]) -> None:
    described = results["HGVS.c and HGVS.n applied to the genome"]
    assert [str(case) for case in described.unexplained] == []
    assert described.agreed > 10_000


def _agrees(result: Result) -> None:
    assert [str(case) for case in result.unexplained] == []
    assert result.total > 9_000
    assert result.share >= BAR, result.table()
