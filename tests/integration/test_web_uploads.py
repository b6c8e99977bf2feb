"""From an upload in S3 to a job that the annotators know of."""

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Stack
from tests.integration.web_browser import Browser
from util import jobs
from util.jobs import Job, Status
from util.store import Store

pytest_plugins = ["tests.integration.web_fixtures"]


@pytest.fixture(autouse=True)
def empty_queue(stack: Stack) -> Iterator[None]:
    """Let every test begin and leave without messages."""
    stack.empty_queues()
    yield
    stack.empty_queues()


def announced(stack: Stack) -> list[str]:
    """Return the job IDs in the queue of the annotators."""
    bodies = stack.bodies_in(stack.settings.sqs.job_requests_queue)
    return [json.loads(json.loads(body)["Message"])["job_id"] for body in bodies]


def test_an_upload_becomes_a_pending_job_that_is_announced(ada: Browser, stack: Stack) -> None:
    key = ada.upload(Metadata={"assembly": "rCRS"})
    answer = ada.finish_upload(key)
    [job] = ada.jobs()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/annotations/{job.job_id}")
    job = stack.store.get(job.job_id)
    assert (job.job_status, job.user_id, job.input_file_name) == (Status.PENDING, ada.user_id, "test.vcf")
    assert (job.s3_key_input_file, job.s3_inputs_bucket, job.requested_assembly) == (key, ada.bucket, "rCRS")
    assert job.input_bytes
    assert announced(stack) == [job.job_id]


@pytest.mark.parametrize("choice", ["auto", "", "hg99", "<script>"])
def test_an_assembly_that_is_none_of_ours_counts_as_no_choice(ada: Browser, stack: Stack, choice: str) -> None:
    ada.finish_upload(ada.upload(Metadata={"assembly": choice}))
    [job] = ada.jobs()
    assert stack.store.get(job.job_id).requested_assembly is None


def test_opening_the_redirect_twice_makes_one_job(ada: Browser) -> None:
    key = ada.upload()
    first, second = ada.finish_upload(key), ada.finish_upload(key)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(ada.jobs()) == 1


def test_opening_the_redirect_twice_at_once_makes_one_job(ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ada.upload()
    create = Store.create

    def lose(store: Store, job: Job) -> bool:
        assert create(store, job)  # the other request
        return create(store, job)

    monkeypatch.setattr(Store, "create", lose)
    answer = ada.finish_upload(key)
    [job] = ada.jobs()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/annotations/{job.job_id}")


def test_opening_the_redirect_again_announces_a_job_that_still_waits(ada: Browser, stack: Stack) -> None:
    key = ada.upload()
    ada.finish_upload(key)
    stack.empty_queues()
    ada.finish_upload(key)
    assert announced(stack) == [ada.jobs()[0].job_id]


def test_opening_the_redirect_again_leaves_a_finished_job_alone(ada: Browser, stack: Stack) -> None:
    job = ada.finished_job()
    assert ada.finish_upload(job.s3_key_input_file).status_code == 303
    assert stack.count_messages(stack.settings.sqs.job_requests_queue) == 0


def test_a_second_file_from_a_used_upload_page_is_told_apart(ada: Browser) -> None:
    key = ada.upload("first.vcf")
    ada.finish_upload(key)
    job_id = ada.jobs()[0].job_id
    answer = ada.finish_upload(ada.upload("second.vcf", job_id=job_id))
    assert answer.status_code == 409
    assert "Open a new one" in answer.text
    assert len(ada.jobs()) == 1


def test_another_users_key_is_refused(ada: Browser, gregor: Browser) -> None:
    answer = ada.finish_upload(gregor.upload())
    assert answer.status_code == 403
    assert "Not authorized" in answer.text
    assert (ada.jobs(), gregor.jobs()) == ((), ())


def test_another_users_job_id_under_an_own_key_is_refused(ada: Browser, gregor: Browser) -> None:
    job = gregor.job()
    assert ada.finish_upload(ada.upload(job_id=job.job_id)).status_code == 403


def test_a_key_that_does_not_exist_is_a_404(ada: Browser) -> None:
    key = jobs.input_key("gas", ada.user_id, str(uuid.uuid4()), "nowhere.vcf")
    answer = ada.finish_upload(key)
    assert answer.status_code == 404
    assert "Upload the file again" in answer.text
    assert ada.jobs() == ()


@pytest.mark.parametrize("query", ["", "?bucket=gas-inputs", "?key=gas/x/y~z.vcf", "?bucket=&key="])
def test_an_address_without_bucket_and_key_is_a_400(ada: Browser, query: str) -> None:
    assert ada.get(f"/annotate/job{query}").status_code == 400


def test_another_bucket_is_refused(ada: Browser) -> None:
    answer = ada.get("/annotate/job", query_string={"bucket": "elsewhere", "key": ada.upload()})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "key", ["gas/{user}/no-uuid~a.vcf", "gas/{user}/{job}~", "gas/{user}/{job}", "{user}/{job}~a.vcf"]
)
def test_a_key_of_another_form_is_refused(ada: Browser, key: str) -> None:
    assert ada.finish_upload(key.format(user=ada.user_id, job=uuid.uuid4())).status_code == 403


def test_an_object_over_the_free_limit_is_deleted_and_answered_with_an_invitation(ada: Browser) -> None:
    key = ada.upload(content=b"x" * 153_601)
    answer = ada.finish_upload(key)
    assert answer.status_code == 413
    assert "150 KB" in answer.text
    assert "Upgrade to Premium" in answer.text
    assert not ada.has_object(key)
    assert ada.jobs() == ()


def test_an_object_at_the_free_limit_is_accepted(ada: Browser) -> None:
    assert ada.finish_upload(ada.upload(content=b"x" * 153_600)).status_code == 303


def test_a_premium_user_may_upload_more(ada: Browser) -> None:
    ada.sql("UPDATE gas_accounts SET role = 'premium_user' WHERE id = :id")
    assert ada.finish_upload(ada.upload(content=b"x" * 200_000)).status_code == 303


def test_a_downgrade_never_deletes_the_input_of_an_existing_job(ada: Browser) -> None:
    ada.sql("UPDATE gas_accounts SET role = 'premium_user' WHERE id = :id")
    key = ada.upload(content=b"x" * 200_000)
    ada.finish_upload(key)
    ada.sql("UPDATE gas_accounts SET role = 'free_user' WHERE id = :id")
    assert ada.finish_upload(key).status_code == 303
    assert ada.has_object(key)


def test_an_empty_file_is_refused(ada: Browser) -> None:
    key = ada.upload(content=b"")
    answer = ada.finish_upload(key)
    assert answer.status_code == 400
    assert "is empty" in answer.text
    assert not ada.has_object(key)


@pytest.mark.parametrize("file_name", ["paper.pdf", ".vcf", "a/b.vcf", "a\\b.vcf", "tab\t.vcf", "x" * 300 + ".vcf"])
def test_a_bad_file_name_is_refused(ada: Browser, file_name: str) -> None:
    key = ada.upload(file_name)
    assert ada.finish_upload(key).status_code == 400
    assert not ada.has_object(key)
    assert ada.jobs() == ()


@pytest.mark.parametrize(
    "file_name", ["a~b.vcf", 'it\'s "quoted".vcf', "<script>alert(1)</script>".replace("/", "") + ".vcf", "🧬.vcf.gz"]
)
def test_an_unusual_file_name_is_kept_and_shown_escaped(ada: Browser, file_name: str) -> None:
    assert ada.finish_upload(ada.upload(file_name)).status_code == 303
    [job] = ada.jobs()
    assert job.input_file_name == file_name
    for path in ("/annotations", f"/annotations/{job.job_id}"):
        assert "<script>alert" not in ada.get(path).text


def test_a_job_that_cannot_be_announced_is_kept_and_announced_on_reload(ada: Browser, stack: Stack) -> None:
    key = ada.upload()
    stack.fault("sns", 1, "AuthorizationError", 403)  # no status that boto3 tries again
    answer = ada.finish_upload(key)
    assert answer.status_code == 503
    assert "Reload this page" in answer.text
    assert stack.count_messages(stack.settings.sqs.job_requests_queue) == 0
    assert ada.finish_upload(key).status_code == 303
    assert announced(stack) == [ada.jobs()[0].job_id]
