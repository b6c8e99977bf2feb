"""What a researcher does: log in, upload, wait, read the mail, download; and what another one sees of it: nothing."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pysam
import pysam.bcftools
import pytest
from playwright.sync_api import expect

from tests.e2e.people import GOLDEN, JOB_PAGE, Annotators, Person, vcf
from tests.service import PROJECT, Site

pytestmark = pytest.mark.browser

FREE_1 = vcf("free_1.vcf", "sample_grch37.vcf")
FREE_2 = vcf("free_2.vcf", "sample_mt.vcf")
TEST = vcf("test.vcf", "sample_mt.vcf")
SMALL = GOLDEN / "sample_mt.vcf"
CHICAGO = ZoneInfo("America/Chicago")
LogIn = Callable[..., Person]


def test_the_first_log_in_makes_a_profile_that_can_be_edited(visit: Callable[..., Person]) -> None:
    rita = visit()
    rita.open("/")
    rita.page.get_by_role("link", name="Log in to start").click()
    rita.page.get_by_role("button", name="Rita Levi-Montalcini").click()
    expect(rita.page.get_by_role("heading", level=1)).to_have_text("Profile")
    expect(rita.page.get_by_role("status")).to_contain_text("Welcome")
    expect(rita.page.get_by_label("Email")).to_have_value("rita@example.org")
    rita.page.get_by_label("Institution").fill("Yale <University>")
    rita.page.get_by_role("button", name="Save").click()
    # Where the log-in was meant to lead to.
    rita.page.wait_for_url("**/annotate")
    expect(rita.page.get_by_role("status")).to_contain_text("saved")
    rita.page.get_by_role("link", name="Rita Levi-Montalcini").click()
    expect(rita.page.get_by_label("Institution")).to_have_value("Yale <University>")
    expect(rita.page.get_by_text("Free", exact=False).first).to_be_visible()


def test_a_newcomer_is_told_what_to_do_and_offered_a_sample(log_in: LogIn) -> None:
    rosalind = log_in("Rosalind Franklin")
    rosalind.open("/annotations")
    expect(rosalind.page.get_by_role("heading", name="No annotations yet")).to_be_visible()
    sample = rosalind.download("small sample of mitochondrial variants")
    assert sample.suggested_filename == "sample.vcf"
    assert sample.path().read_bytes().startswith(b"##fileformat=VCF")
    rosalind.page.get_by_role("link", name="Upload your first file").click()
    expect(rosalind.page.get_by_role("heading", level=1)).to_have_text("New annotation")


def test_a_chosen_file_is_followed_to_its_end_without_a_reload(log_in: LogIn, annotators: Annotators) -> None:
    ada = log_in("Ada Lovelace")
    with annotators.held():
        job_id = ada.submit(FREE_1)
        ada.page.evaluate("window.isTheSamePage = true")
        ada.sees_status("PENDING")
        # What has no meaning yet is not there.
        assert terms(ada)[:4] == ["Request ID", "Request Time", "VCF Input File", "Status"]
        assert not {"Complete Time", "Annotated Results File", "Annotation Log File"} & set(terms(ada))
        annotators.let_them_claim()
        ada.sees_status("RUNNING")
    ada.sees_status("COMPLETED")
    assert ada.page.evaluate("window.isTheSamePage")
    check_completed_job(ada, job_id, FREE_1)


def test_a_dropped_file_is_annotated(log_in: LogIn) -> None:
    ada = log_in("Ada Lovelace")
    ada.open("/annotate")
    ada.drop(FREE_2)
    job_id = ada.send()
    ada.sees_status("COMPLETED")
    check_completed_job(ada, job_id, FREE_2)


def test_without_scripts_the_form_leads_to_the_job_and_the_page_refreshes_itself(
    log_in: LogIn, annotators: Annotators
) -> None:
    ada = log_in("Ada Lovelace", java_script_enabled=False)
    with annotators.held():
        job_id = ada.submit(TEST)
        ada.sees_status("PENDING")
    ada.sees_status("COMPLETED")
    check_completed_job(ada, job_id, TEST)


def test_a_compressed_file_comes_back_compressed(log_in: LogIn, tmp_path: Path) -> None:
    ada = log_in("Ada Lovelace")
    file = tmp_path / "cohort.vcf.gz"
    pysam.tabix_compress(str(FREE_1), str(file))
    ada.submit(file)
    ada.sees_status("COMPLETED")
    assert ada.download("cohort.vcf.gz").path().read_bytes() == file.read_bytes()
    result = ada.download("download")
    assert result.suggested_filename == "cohort.annot.vcf.gz"
    with pysam.VariantFile(str(result.path())) as opened:
        assert opened.compression == "BGZF"
        assert len(list(opened)) == len(records(FREE_1))


def test_a_premium_user_may_upload_what_is_too_large_for_a_free_one(log_in: LogIn, site: Site, tmp_path: Path) -> None:
    wu = log_in("Chien-Shiung Wu")
    file = tmp_path / "large.vcf"
    content = SMALL.read_bytes()
    file.write_bytes(content + content.splitlines(keepends=True)[-1] * 4_000)
    assert file.stat().st_size > 153_600
    wu.open("/annotate")
    wu.choose(file)
    expect(wu.page.get_by_role("alert")).to_contain_text("your plan allows files of up to 150 KB")
    set_role = [sys.executable, "web/manage.py", "set-role", "wu@example.org", "premium_user"]
    subprocess.run(set_role, cwd=PROJECT, env=os.environ | site.environ, check=True, capture_output=True)
    wu.open("/annotate")
    expect(wu.page.locator("main")).to_contain_text("Your plan allows files of up to 5 GB")
    expect(wu.page.get_by_role("link", name="Larger files need Premium")).to_have_count(0)
    wu.choose(file)
    wu.send()
    wu.sees_status("COMPLETED")


def terms(person: Person) -> list[str]:
    """Return the names of what the job's page shows."""
    return person.page.locator("#job dt").all_inner_texts()


def check_completed_job(person: Person, job_id: str, file: Path) -> None:
    """Come back to the job by its mail; look at all that the job's page shows and offers."""
    expect(person.opens_mail(job_id).locator("body")).to_contain_text(f"your file {file.name} is annotated")
    person.comes_back_by_mail(job_id)
    person.page.wait_for_url(f"**/annotations/{job_id}")
    shown = terms(person)
    assert shown[:5] == ["Request ID", "Request Time", "VCF Input File", "Status", "Complete Time"]
    assert shown[-2:] == ["Annotated Results File", "Annotation Log File"]

    given = person.download(file.name)
    assert given.suggested_filename == file.name
    assert given.path().read_bytes() == file.read_bytes()

    result = person.download("download")
    assert result.suggested_filename == f"{file.stem}.annot.vcf"
    check_result(result.path(), file)

    person.page.get_by_role("link", name="view", exact=True).click()
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Annotation log")
    expect(person.page.get_by_label("Log")).not_to_be_empty()


def check_result(result: Path, given: Path) -> None:
    """Expect the input's records, each with more INFO than it had, in a file that the usual tools read."""
    before, after = records(given), records(result)
    assert [row[:7] + row[8:] for row in after] == [row[:7] + row[8:] for row in before]
    for had, has in zip(before, after, strict=True):
        assert set(had[7].split(";")) - {"."} <= set(has[7].split(";"))
    assert any(len(has[7]) > len(had[7]) for had, has in zip(before, after, strict=True))
    with pysam.VariantFile(str(result)) as opened:
        read = list(opened)
        assert len(read) == len(after)
        added = set(opened.header.info) - keys_described(given)
        assert added
        # Some records may lie where nothing is known.
        assert sum(bool(added & set(record.info)) for record in read) > len(read) / 2
    assert len(pysam.bcftools.view("--no-header", str(result)).splitlines()) == len(after)


def keys_described(path: Path) -> set[str]:
    """Return the INFO keys that a file's header describes."""
    return set(re.findall(r"^##INFO=<ID=([^,]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def records(path: Path) -> list[list[str]]:
    """Return the columns of each record."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def test_the_list_shows_the_newest_job_first_and_times_of_chicago(log_in: LogIn) -> None:
    lynn = log_in("Lynn Margulis")
    older = lynn.submit(SMALL)
    # The list is in order of seconds.
    opened = lynn.page.locator("#job time").first.get_attribute("datetime")
    while (newer := newest_after(lynn, opened)) is None:
        pass
    lynn.sees_status("COMPLETED")
    lynn.page.get_by_role("link", name="back to annotations list").click()
    head = lynn.page.get_by_role("columnheader").all_inner_texts()
    assert [re.sub(r" \(C[SD]T\)$", "", text) for text in head] == [
        "Request ID",
        "Request Time",
        "VCF File Name",
        "Status",
    ]
    rows = [row.locator("td").all_inner_texts() for row in lynn.page.locator("tbody tr").all()]
    ids = [row[0].strip() for row in rows]
    assert ids[0] == newer
    moments = []
    for row, time in zip(rows, lynn.page.locator("tbody time").all(), strict=True):
        moment = datetime.fromisoformat(time.get_attribute("datetime") or "")
        moments.append(moment)
        assert row[1].strip() == moment.astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M")
        assert row[2].strip() == SMALL.name
        assert row[3].strip() in {"PENDING", "RUNNING", "COMPLETED"}
    assert moments == sorted(moments, reverse=True)
    # Those of one second are in no order.
    assert moments[ids.index(older)] == moments[-1]
    lynn.page.get_by_role("link", name=older).click()
    lynn.page.wait_for_url(f"**/annotations/{older}")


def newest_after(person: Person, moment: str | None) -> str | None:
    """Submit a job; return its ID where it is of a later second than the moment."""
    job_id = person.submit(SMALL)
    return job_id if person.page.locator("#job time").first.get_attribute("datetime") != moment else None


def test_another_user_gets_nothing_of_a_job(log_in: LogIn) -> None:
    ada = log_in("Ada Lovelace")
    job_id = ada.submit(SMALL)
    ada.sees_status("COMPLETED")
    gregor = log_in("Gregor Mendel")
    gregor.expects(403)
    for path in ("", "/log", "/input", "/results"):
        answer = gregor.page.goto(f"{gregor.site.url}/annotations/{job_id}{path}")
        assert answer
        assert answer.status == 403, path
        expect(gregor.page.locator("main")).to_contain_text("Not authorized to view this job")
        assert SMALL.name not in gregor.page.content()
    gregor.open("/annotations")
    assert job_id not in gregor.page.content()


@pytest.mark.parametrize("job_id", [str(uuid.UUID(int=7, version=4)), "no-uuid", "%F0%9F%A7%AC", "a'--"])
def test_a_job_that_does_not_exist_is_not_found(log_in: LogIn, job_id: str) -> None:
    gregor = log_in("Gregor Mendel")
    gregor.expects(404)
    for path in ("", "/log", "/input", "/results"):
        answer = gregor.page.goto(f"{gregor.site.url}/annotations/{job_id}{path}")
        assert answer
        assert answer.status == 404, path
        expect(gregor.page.get_by_role("heading", level=1)).to_have_text("Not found")


def test_a_mail_leads_to_its_job_by_way_of_the_log_in(log_in: LogIn, visit: Callable[..., Person]) -> None:
    job_id = log_in("Ada Lovelace").submit(SMALL)
    ada = visit()
    ada.comes_back_by_mail(job_id)
    ada.page.get_by_role("button", name="Ada Lovelace").click()
    ada.page.wait_for_url(JOB_PAGE)
    expect(ada.page.locator("#job")).to_contain_text(job_id)
