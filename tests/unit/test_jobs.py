"""Jobs: the record, its transitions, and the names of files and keys."""

import itertools

import pytest

from util import jobs
from util.errors import IllegalTransition
from util.jobs import Job, ResultsState, Status

JOB = Job(
    job_id="5766a440-6f5d-4f4f-9bf1-07346f6e1c8f",
    user_id="user",
    input_file_name="calls.vcf",
    s3_inputs_bucket="inputs",
    s3_key_input_file="gas/user/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~calls.vcf",
    submit_time=1,
)
EDGES = {
    ("PENDING", "RUNNING"),
    ("PENDING", "FAILED"),
    ("RUNNING", "RUNNING"),
    ("RUNNING", "COMPLETED"),
    ("RUNNING", "FAILED"),
}


@pytest.mark.parametrize(("origin", "target"), list(itertools.product(Status, Status)))
def test_a_job_takes_only_the_legal_steps(origin: Status, target: Status) -> None:
    job = JOB.evolve() if origin is Status.PENDING else Job.from_item({**JOB.to_item(), "job_status": origin})
    if (origin.value, target.value) in EDGES:
        assert job.evolve(job_status=target).job_status is target
    else:
        with pytest.raises(IllegalTransition, match=f"is {origin} and cannot become {target}"):
            job.evolve(job_status=target)


def test_completed_and_failed_are_final() -> None:
    assert [status for status in Status if status.is_final] == [Status.COMPLETED, Status.FAILED]


def test_a_job_survives_the_table_and_attributes_of_a_later_version() -> None:
    job = Job.from_item({**JOB.to_item(), "results_state": "AVAILABLE", "lease_expires": 7, "of_tomorrow": 1})
    assert job.results_state is ResultsState.AVAILABLE
    assert Job.from_item(job.to_item()) == job


def test_an_item_has_no_attribute_without_a_value() -> None:
    assert None not in JOB.to_item().values()
    assert "complete_time" not in JOB.to_item()


@pytest.mark.parametrize("name", ["calls.vcf", "a~b.vcf", "é🧬 'x'.vcf.gz", "<script>.vcf", "a/b.vcf"])
def test_an_input_key_gives_back_job_and_file_name(name: str) -> None:
    key = jobs.input_key("gas", "user", JOB.job_id, name)
    assert jobs.parse_input_key(key, "gas", "user") == (JOB.job_id, name)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "gas/other/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~calls.vcf",
        "gas/user/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~",
        "gas/user/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f",
        "gas/user/not-a-uuid~calls.vcf",
        "gas/user/5766A440-6F5D-4F4F-9BF1-07346F6E1C8F~calls.vcf",
        "gas/user/../other/5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~calls.vcf",
        "5766a440-6f5d-4f4f-9bf1-07346f6e1c8f~calls.vcf",
    ],
)
def test_a_key_that_is_not_the_users_is_not_taken(key: str) -> None:
    assert jobs.parse_input_key(key, "gas", "user") is None


@pytest.mark.parametrize(
    ("name", "result", "summary"),
    [
        ("calls.vcf", "calls.annot.vcf", "calls.summary.json"),
        ("calls.vcf.gz", "calls.annot.vcf.gz", "calls.summary.json"),
        ("calls.vcf.bgz", "calls.annot.vcf.gz", "calls.summary.json"),
        ("CALLS.VCF", "CALLS.annot.vcf", "CALLS.summary.json"),
        ("a.b.vcf", "a.b.annot.vcf", "a.b.summary.json"),
        (".vcf", ".vcf.annot.vcf", ".vcf.summary.json"),
    ],
)
def test_outputs_are_named_after_the_input(name: str, result: str, summary: str) -> None:
    assert jobs.result_file_name(name) == result
    assert jobs.summary_file_name(name) == summary
    assert jobs.log_file_name(name) == f"{name}.count.log"


def test_new_job_ids_are_uuids_in_canonical_form() -> None:
    ids = {jobs.new_job_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(jobs.is_job_id(job_id) for job_id in ids)
