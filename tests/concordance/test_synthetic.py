"""A made genome against bcftools csq."""

from pathlib import Path

import pytest

from tests.concordance import suites
from tests.concordance.comparison import BORDER_BAR, Result
from tests.concordance.engine import annotate_models
from tests.concordance.models import Model, cds, gff3, read_gff3, translate
from tests.concordance.records import Record, write_vcf
from tests.synthetic import make


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Result]:
    return suites.synthetic(tmp_path_factory.mktemp("synthetic"), size=200_000, count=6_000)


def test_a_made_genome_agrees_with_bcftools_csq(results: list[Result]) -> None:
    result = results[0]
    assert [str(case) for case in result.unexplained] == []
    assert result.total > 6_000
    assert result.share >= BORDER_BAR, result.table()


def test_hgvs_names_on_a_made_genome_describe_the_records(results: list[Result]) -> None:
    assert [str(case) for case in results[1].unexplained] == []
    assert results[1].agreed > 6_000


def test_made_transcripts_have_every_shape_and_read_as_they_should() -> None:
    genome, models = make(suites.SEED, 400_000)
    proteins = {model.name: translate(cds(model, genome), 1) for model in models if model.cds}
    assert {model.strand for model in models} == {"+", "-"}
    assert {1, 2} <= {model.phase for model in models}
    assert max(len(model.exons) for model in models) > 20
    assert min(len(model.exons) for model in models) == 1
    assert any(model.cds is None for model in models)
    whole = [protein for protein in proteins.values() if protein.endswith("*")]
    assert all("*" not in protein[:-1] for protein in proteins.values())
    assert len(whole) < len(proteins)
    assert sum(protein.startswith("M") for protein in whole) > 0.8 * len(whole)


def test_a_deletion_that_leaves_a_start_codon_in_place_changes_no_amino_acid(tmp_path: Path) -> None:
    genome = {"chr1": "C" * 41 + "AATG" + "GCA" * 10 + "TAA" + "C" * 40}
    exon, translated = (11, 110), (43, 78)
    model = Model(
        contig="chr1", strand="+", gene="G", name="T", biotype="protein_coding", exons=(exon,), cds=translated
    )
    vcf = write_vcf(tmp_path / "in.vcf", [Record("chr1", 43, "AT", "T")], genome)
    (call,) = annotate_models(tmp_path, vcf, [model], genome)[0]
    assert call.terms == {"start_retained_variant"}
    assert (call.dna, call.protein) == ("c.1del", "p.Met1%3D")


def test_models_survive_the_way_through_gff3() -> None:
    _, models = make(suites.SEED, 100_000)
    assert sorted(read_gff3(gff3(models)), key=lambda m: m.name) == sorted(models, key=lambda m: m.name)
