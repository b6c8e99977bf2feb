"""Twenty Ensembl transcripts against what bcftools csq expects of them."""

from pathlib import Path

import pytest

from tests.concordance import ensembl, suites

AGREED = 0.85  # of 54 pairs; the others are in classes that say why


def test_twenty_ensembl_transcripts_get_the_consequences_that_csq_expects(tmp_path: Path) -> None:
    if not ensembl.FOLDER.is_dir():
        pytest.skip("the transcripts of bcftools' tests are not beside the project")
    consequences, descriptions = suites.ensembl_transcripts(tmp_path)
    assert [str(case) for case in consequences.unexplained] == []
    assert consequences.total > 50
    assert consequences.share > AGREED
    assert [str(case) for case in descriptions.unexplained] == []
