"""The list of jobs, one job, its log and its files."""

import re

import pytest
import requests

from tests.integration.conftest import Stack
from tests.integration.web_browser import VCF, Browser
from util.jobs import Status

pytest_plugins = ["tests.integration.web_fixtures"]


def test_a_newcomer_is_told_what_to_do_and_offered_a_sample(ada: Browser) -> None:
    page = ada.get("/annotations").text
    assert "No annotations yet" in page
    assert "/static/sample.vcf" in page


def test_the_sample_would_be_accepted(ada: Browser) -> None:
    with ada.get("/static/sample.vcf") as answer:
        sample = answer.data
    assert ada.finish_upload(ada.upload("sample.vcf", sample)).status_code == 303


def test_the_list_has_the_capstones_columns_in_the_configured_zone(ada: Browser) -> None:
    job = ada.job()
    page = ada.get("/annotations").text
    assert re.findall(r'<th scope="col">([^<]+)</th>', page) == [
        "Request ID",
        "Request Time (CDT)",
        "VCF File Name",
        "Status",
    ]
    assert f'href="/annotations/{job.job_id}"' in page
    assert "2016-05-05 11:47" in page
    assert "PENDING" in page


def test_the_list_is_newest_first_and_goes_on_over_pages(ada: Browser) -> None:
    made = [ada.job(submit_time=1_700_000_000 + number).job_id for number in range(7)]
    shown, path = [], "/annotations"
    for _ in range(3):
        page = ada.get(path).text
        shown += re.findall(r'href="/annotations/([0-9a-f-]{36})"', page)
        older = re.search(r'href="(/annotations\?token=[^"]+)"', page)
        path = older.group(1) if older else ""
    assert shown == made[::-1]
    assert path == ""


@pytest.mark.parametrize("token", ["x", "%F0%9F", "W10=", "a" * 2000])
def test_a_token_that_is_not_ours_shows_the_newest_jobs(ada: Browser, token: str) -> None:
    job = ada.job()
    assert job.job_id in ada.get(f"/annotations?token={token}").text


def test_a_job_that_no_annotator_was_told_of_is_announced_when_its_owner_looks(ada: Browser, stack: Stack) -> None:
    stack.empty_queues()
    job = ada.job()
    ada.get(f"/annotations/{job.job_id}")
    ada.get(f"/annotations/{job.job_id}")
    assert stack.count_messages(stack.settings.sqs.job_requests_queue) == 1
    assert job.job_id in stack.bodies_in(stack.settings.sqs.job_requests_queue)[0]


def test_a_list_shows_only_the_users_own_jobs(ada: Browser, gregor: Browser) -> None:
    job = ada.job()
    assert job.job_id not in gregor.get("/annotations").text


def fields(page: str) -> list[str]:
    return re.findall(r"<dt>([^<]+)</dt>", page)


def test_a_waiting_job_hides_what_has_no_meaning_yet_and_follows_itself(ada: Browser) -> None:
    page = ada.get(f"/annotations/{ada.job().job_id}").text
    assert fields(page) == ["Request ID", "Request Time", "VCF Input File", "Status"]
    assert "follow.js" in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_a_running_job_shows_its_progress(ada: Browser) -> None:
    job = ada.job(job_status=Status.RUNNING, progress=12345)
    assert "12,345 variants so far" in ada.get(f"/annotations/{job.job_id}").text


def test_a_completed_job_has_the_capstones_fields_in_its_order(ada: Browser) -> None:
    job = ada.finished_job(variant_count=2, assembly="rCRS")
    page = ada.get(f"/annotations/{job.job_id}").text
    assert fields(page) == [
        "Request ID",
        "Request Time",
        "VCF Input File",
        "Status",
        "Complete Time",
        "Variants",
        "Assembly",
        "Annotated Results File",
        "Annotation Log File",
    ]
    assert "2016-05-05 11:48 CDT" in page
    assert "follow.js" not in page
    assert "refresh" not in page


def test_a_failed_job_says_why(ada: Browser) -> None:
    job = ada.job(job_status=Status.FAILED, complete_time=1_462_466_925, failure_reason="Line 3 is <no> VCF.")
    page = ada.get(f"/annotations/{job.job_id}").text
    assert "Line 3 is &lt;no&gt; VCF." in page
    assert "Annotated Results File" not in page


@pytest.mark.parametrize(
    ("file_name", "result_name"),
    [
        ("test.vcf", "test.annot.vcf"),
        ("cohort.vcf.gz", "cohort.annot.vcf.gz"),
        ('a "b" ü 🧬~.vcf', 'a "b" ü 🧬~.annot.vcf'),
    ],
)
def test_downloads_bear_their_own_names(ada: Browser, file_name: str, result_name: str) -> None:
    job = ada.finished_job(input_file_name=file_name, s3_key_input_file=ada.upload(file_name))
    for path, name in (("input", file_name), ("results", result_name)):
        answer = ada.get(f"/annotations/{job.job_id}/{path}")
        assert answer.status_code == 302
        file = requests.get(answer.headers["Location"], timeout=10)
        assert file.content == VCF
        disposition = file.headers["Content-Disposition"]
        assert disposition.startswith("attachment;")
        encoded = re.search(r"filename\*=UTF-8''(\S+)", disposition)
        shown = requests.utils.unquote(encoded.group(1)) if encoded else disposition.split('"')[1]
        assert shown == name


def test_the_result_of_a_job_that_is_not_completed_is_a_404_with_a_sentence(ada: Browser) -> None:
    for job in (ada.job(), ada.job(job_status=Status.FAILED)):
        answer = ada.get(f"/annotations/{job.job_id}/results")
        assert answer.status_code == 404
        assert "when the job is completed" in answer.text
        assert ada.get(f"/annotations/{job.job_id}/log").status_code == 404


def test_the_log_is_shown_in_the_page_and_escaped(ada: Browser) -> None:
    job = ada.finished_job(log="<b>2 variants</b>\nüber\n".encode() + b"\xff")
    answer = ada.get(f"/annotations/{job.job_id}/log")
    assert answer.mimetype == "text/html"
    assert "&lt;b&gt;2 variants&lt;/b&gt;\nüber\n\ufffd" in answer.text
    assert "Content-Disposition" not in answer.headers


def test_a_long_log_is_cut_and_says_so(ada: Browser) -> None:
    job = ada.finished_job(log=b"x" * (2**20 + 1))
    page = ada.get(f"/annotations/{job.job_id}/log").text
    assert "these are its first 1 MB" in page
    assert page.count("x" * 2**20) == 1


def test_a_log_that_is_gone_from_s3_is_a_404(ada: Browser) -> None:
    job = ada.finished_job(s3_key_log_file="gas/gone.log")
    answer = ada.get(f"/annotations/{job.job_id}/log")
    assert answer.status_code == 404
    assert "not there any more" in answer.text
