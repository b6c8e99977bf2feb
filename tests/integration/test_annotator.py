"""The annotator: claims, runs, gives back and takes over jobs; real job processes."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Stack
from tests.waiting import wait_for
from util.jobs import Job, ResultsState, Status, new_job_id
from util.messages import JobRequested

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "tests" / "golden" / "sample_mt.vcf"


class Instance:
    """An annotator as a process."""

    def __init__(self, stack: Stack, folder: Path, **settings: str) -> None:
        self.folder = folder
        environ = {**stack.environ, "GAS_ANNOTATOR_WORK_FOLDER": str(folder), "GAS_ANNOTATOR_JOBS": "2", **settings}
        self._log = (folder.parent / "annotator.log").open("ab")
        self.process = subprocess.Popen(
            [PROJECT / "ann" / "run_ann.sh"], env=environ, stderr=self._log, start_new_session=True
        )

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self._log.close()
        return self.process.wait(60)

    def log(self) -> str:
        return (self.folder.parent / "annotator.log").read_text()


@pytest.fixture
def annotator(stack: Stack, tmp_path: Path) -> Iterator[Instance]:
    stack.empty_queues()
    instance = Instance(stack, tmp_path / "work")
    yield instance
    if instance.process.poll() is None:
        instance.stop(signal.SIGKILL)


def request(stack: Stack, job: Job) -> None:
    message = JobRequested(job_id=job.job_id, user_id=job.user_id)
    stack.cloud.publish(stack.settings.sns.job_requests_topic, message)


def final(stack: Stack, job: Job) -> Job:
    def look() -> Job | None:
        found = stack.store.get(job.job_id)
        return found if found.job_status.is_final else None

    return wait_for(f"the end of job {job.job_id}", look)


def text_of(stack: Stack, key: str | None) -> str:
    answer = stack.cloud.s3.get_object(Bucket=stack.settings.s3.results_bucket, Key=key)
    return str(answer["Body"].read().decode())


def requests_left(stack: Stack) -> int:
    return stack.count_messages(stack.settings.sqs.job_requests_queue)


def test_a_job_runs_to_completed_with_result_log_and_summary_in_s3(stack: Stack, annotator: Instance) -> None:
    job = stack.submit(SAMPLE.read_bytes(), "my~calls é.vcf")
    request(stack, job)
    done = final(stack, job)
    assert done.job_status is Status.COMPLETED, done.failure_reason
    assert done.results_state is ResultsState.AVAILABLE
    assert done.s3_key_result_file == f"gas/{job.user_id}/{job.job_id}~my~calls é.annot.vcf"
    assert done.s3_key_log_file == f"gas/{job.user_id}/{job.job_id}~my~calls é.vcf.count.log"
    assert done.assembly
    records = [line for line in SAMPLE.read_text().splitlines() if not line.startswith("#")]
    result = [line for line in text_of(stack, done.s3_key_result_file).splitlines() if not line.startswith("#")]
    assert done.variant_count == len(records) == len(result)
    assert json.loads(text_of(stack, done.s3_key_summary_file))
    assert text_of(stack, done.s3_key_log_file).startswith("Input: my~calls é.vcf ")
    wait_for("the work folder being empty", lambda: not list(annotator.folder.glob("annotator-*/*/")))
    wait_for("the request being deleted", lambda: requests_left(stack) == 0)
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 1
    assert annotator.stop() == 0
    assert list(annotator.folder.glob("annotator-*")) == []


def test_a_job_whose_file_contradicts_the_assembly_asked_for_completes_with_a_warning(
    stack: Stack, annotator: Instance
) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(SAMPLE.read_bytes(), requested_assembly="GRCh38")
    request(stack, job)
    done = final(stack, job)
    assert done.job_status is Status.COMPLETED
    assert any("The assembly GRCh38 was asked for, but" in warning for warning in done.warnings)


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7 and so on\n", b"\x89PNG\r\n\x1a\n", b">chr1\nACGT\n", "##fileformat=VCFv4.2\n".encode("utf-16")],
)
def test_a_job_whose_input_is_no_vcf_fails_with_a_sentence_and_a_log(
    stack: Stack, annotator: Instance, content: bytes
) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(content)
    request(stack, job)
    failed = final(stack, job)
    assert failed.job_status is Status.FAILED
    assert failed.failure_reason
    assert failed.failure_reason in text_of(stack, failed.s3_key_log_file)
    assert "Traceback" not in failed.failure_reason
    wait_for("the request being deleted", lambda: requests_left(stack) == 0)
    assert stack.count_messages(f"{stack.settings.sqs.job_requests_queue}_dead") == 0
    assert failed.attempt == 1


def test_a_job_whose_input_is_gone_fails_with_a_sentence(stack: Stack, annotator: Instance) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(b"x")
    stack.cloud.s3.delete_object(Bucket=job.s3_inputs_bucket, Key=job.s3_key_input_file)
    request(stack, job)
    failed = final(stack, job)
    assert failed.failure_reason == "The input file calls.vcf is no longer there."


def test_a_job_whose_input_was_replaced_after_the_check_fails_with_a_sentence(
    stack: Stack, annotator: Instance
) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(SAMPLE.read_bytes(), input_etag='"of-the-bytes-that-were-checked"')
    request(stack, job)
    failed = final(stack, job)
    assert failed.failure_reason == (
        "The input file calls.vcf was replaced after it had been checked. Upload it again."
    )


@pytest.mark.parametrize(
    "body",
    [
        "not json",
        json.dumps({"Message": json.dumps({"job_id": 1})}),
        json.dumps({"Message": JobRequested(job_id=new_job_id(), user_id="u").encode()}),
    ],
)
def test_a_request_that_makes_no_sense_is_buried_and_the_annotator_lives_on(
    stack: Stack, annotator: Instance, body: str
) -> None:
    queue = stack.settings.sqs.job_requests_queue
    stack.cloud.sqs.send_message(QueueUrl=stack.cloud.queue_url(queue), MessageBody=body)
    wait_for("the message being buried", lambda: stack.bodies_in(f"{queue}_dead") == [body])
    job = stack.submit(SAMPLE.read_bytes())
    request(stack, job)
    assert final(stack, job).job_status is Status.COMPLETED


def test_two_requests_for_one_job_annotate_it_once(stack: Stack, annotator: Instance) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(SAMPLE.read_bytes())
    request(stack, job)
    request(stack, job)
    assert final(stack, job).attempt == 1
    wait_for("both requests being deleted", lambda: requests_left(stack) == 0)
    assert stack.store.get(job.job_id).attempt == 1


def test_a_job_whose_annotator_is_killed_is_taken_over(stack: Stack, annotator: Instance, tmp_path: Path) -> None:
    job = stack.submit(big_input())
    request(stack, job)
    wait_for("the job running", lambda: stack.store.get(job.job_id).job_status is Status.RUNNING)
    annotator.stop(signal.SIGKILL)
    wait_for("the job's process ending with its annotator", lambda: not processes_in(annotator.folder))
    assert list(annotator.folder.glob("annotator-*"))
    second = Instance(stack, annotator.folder)
    done = final(stack, job)
    assert done.job_status is Status.COMPLETED
    assert done.attempt == 2
    wait_for("the request being deleted", lambda: requests_left(stack) == 0)
    assert second.stop() == 0
    assert list(annotator.folder.glob("annotator-*")) == []


def test_a_job_whose_process_dies_three_times_fails_and_its_message_is_among_the_dead_letters(
    stack: Stack, annotator: Instance
) -> None:
    job = stack.submit(big_input())
    request(stack, job)
    for crashes in range(3):
        [process] = wait_for("the job's process", lambda: processes_in(annotator.folder))
        os.kill(process, signal.SIGKILL)
        wait_for("the crash being counted", lambda n=crashes: stack.store.get(job.job_id).crashes > n)
    failed = final(stack, job)
    assert failed.job_status is Status.FAILED
    assert failed.failure_reason is not None
    assert "broke off 3 times" in failed.failure_reason
    assert failed.failure_reason in text_of(stack, failed.s3_key_log_file)
    wait_for("the burial", lambda: stack.count_messages(f"{stack.settings.sqs.job_requests_queue}_dead") == 1)
    assert requests_left(stack) == 0
    assert stack.count_messages(stack.settings.sqs.job_results_queue) == 1


def test_sigterm_lets_a_job_finish(stack: Stack, annotator: Instance) -> None:
    job = stack.submit(big_input())
    request(stack, job)
    wait_for("the job running", lambda: processes_in(annotator.folder))
    assert annotator.stop() == 0
    assert stack.store.get(job.job_id).job_status is Status.COMPLETED
    assert stack.store.get(job.job_id).attempt == 1


def test_sigterm_gives_back_a_job_that_cannot_finish_in_time(stack: Stack, tmp_path: Path) -> None:
    stack.empty_queues()
    hasty = Instance(stack, tmp_path / "work", GAS_ANNOTATOR_STOP_GRACE_SECONDS="0")
    job = stack.submit(big_input())
    request(stack, job)
    wait_for("the job running", lambda: processes_in(hasty.folder))
    assert hasty.stop() == 0
    given_back = stack.store.get(job.job_id)
    assert (given_back.job_status, given_back.lease_expires, given_back.crashes) == (Status.RUNNING, 0, 0)
    second = Instance(stack, tmp_path / "work")
    assert final(stack, job).job_status is Status.COMPLETED
    second.stop()


def test_a_job_survives_s3_being_away(stack: Stack, annotator: Instance) -> None:
    assert annotator.process.poll() is None
    job = stack.submit(SAMPLE.read_bytes())
    stack.fault("s3", 12)
    request(stack, job)
    done = final(stack, job)
    assert done.job_status is Status.COMPLETED
    assert done.crashes == 0


def test_bad_settings_end_the_annotator_with_a_sentence(stack: Stack, tmp_path: Path) -> None:
    bad = Instance(stack, tmp_path / "work", GAS_ANNOTATOR_JOBS="many")
    assert bad.process.wait(60) == 2
    assert bad.log() == "the setting [annotator] jobs is 'many'; allowed is a whole number from 0 to 256\n"
    bad.stop(signal.SIGTERM)


def big_input() -> bytes:
    """Return an input that keeps a job busy long enough to be caught at work."""
    lines = SAMPLE.read_text().splitlines(keepends=True)
    header = [line for line in lines if line.startswith("#")]
    records = [line for line in lines if not line.startswith("#")]
    return "".join(header + records * (12_000_000 // sum(map(len, records)))).encode()


def processes_in(folder: Path) -> list[int]:
    """Return the processes that work in a job's folder below this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            place = (entry / "cwd").readlink()
        except OSError:
            continue
        if place.is_relative_to(folder) and len(place.relative_to(folder).parts) >= 2:
            found.append(int(entry.name))
    return found
