"""What a researcher does: log in, upload, wait, read the mail, download; and what another one sees of it: nothing."""

from collections.abc import Callable

import pytest

from tests.e2e.people import Annotators, Person, vcf

pytestmark = pytest.mark.browser

FREE_1 = vcf("free_1.vcf", "sample_grch37.vcf")
FREE_2 = vcf("free_2.vcf", "sample_mt.vcf")
TEST = vcf("test.vcf", "sample_hg18.vcf")


def test_a_chosen_file_is_followed_from_pending_to_completed_without_a_reload(
    log_in: Callable[..., Person], annotators: Annotators
) -> None:
    ada = log_in("Ada Lovelace")
    with annotators.held():
        ada.submit(FREE_1)
        ada.page.evaluate("window.isTheSamePage = true")
        ada.sees_status("PENDING")
        annotators.let_them_claim()
        ada.sees_status("RUNNING")
    ada.sees_status("COMPLETED")
    assert ada.page.evaluate("window.isTheSamePage")
