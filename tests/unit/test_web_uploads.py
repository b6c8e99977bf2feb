"""What may be uploaded, where to, and under which name."""

import base64
import json
import uuid

import pytest

from util import settings
from util.cloud import Cloud
from web.config import WEB_INI, WebSettings
from web.uploads import ASSEMBLY_FIELD, Refused, check_name, claimed_upload, human_size, size_limit, upload_forms

USER = "0a1b2c3d-0000-4000-8000-000000000001"
JOB = "5766a440-6f5d-4f4f-9bf1-07346f6e1c8f"


@pytest.fixture
def web() -> WebSettings:
    return settings.load(WebSettings, WEB_INI, environ={})


@pytest.mark.parametrize(
    "name",
    [
        "test.vcf",
        "TEST.VCF",
        "cohort.vcf.gz",
        "cohort.vcf.bgz",
        "a~b.vcf",
        'it\'s "quoted" <script>.vcf',
        "🧬.vcf",
        "x" * 196 + ".vcf",
    ],
)
def test_a_file_name_of_a_vcf_is_accepted(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("x" * 197 + ".vcf", "at most 200 bytes"),
        ("🧬" * 50 + ".vcf", "at most 200 bytes"),
        ("x" * 300, "at most 200 bytes"),
        ("a/b.vcf", "slash or a control character"),
        ("a\\b.vcf", "slash or a control character"),
        ("a\nb.vcf", "slash or a control character"),
        ("\ud800.vcf", "slash or a control character"),
        ("paper.pdf", "allowed endings: .vcf, .vcf.gz, .vcf.bgz"),
        ("test.gz", "allowed endings"),
        (".vcf", "allowed endings"),
    ],
)
def test_another_file_name_is_refused_with_what_is_allowed(name: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        check_name(name)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (2000, "2 KB"),
        (153_600, "150 KB"),
        (123_456_789, "117.7 MB"),
        (5 * 2**30, "5 GB"),
    ],
)
def test_a_size_is_readable(size: int, text: str) -> None:
    assert human_size(size) == text


def test_a_key_of_the_user_is_their_upload(web: WebSettings) -> None:
    upload = claimed_upload(web, USER, "gas-inputs", f"gas/{USER}/{JOB}~a~b.vcf")
    assert (upload.job_id, upload.file_name) == (JOB, "a~b.vcf")


@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("gas-results", f"gas/{USER}/{JOB}~a.vcf"),
        ("gas-inputs", f"gas/{uuid.uuid4()}/{JOB}~a.vcf"),
        ("gas-inputs", f"other/{USER}/{JOB}~a.vcf"),
        ("gas-inputs", f"gas/{USER}/{JOB}"),
        ("gas-inputs", f"gas/{USER}/{JOB}~"),
        ("gas-inputs", f"gas/{USER}/{JOB.upper()}~a.vcf"),
        ("gas-inputs", f"gas/{USER}/../{uuid.uuid4()}/{JOB}~a.vcf"),
    ],
)
def test_any_other_place_is_refused(web: WebSettings, bucket: str, key: str) -> None:
    with pytest.raises(Refused, match="Not authorized") as refused:
        claimed_upload(web, USER, bucket, key)
    assert refused.value.status == 403


def test_the_plan_decides_the_limit(web: WebSettings) -> None:
    assert size_limit(web, is_premium=False) == 153_600
    assert size_limit(web, is_premium=True) == 5 * 2**30


def policies(web: WebSettings, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], list[object]]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    forms = upload_forms(Cloud(web), web, USER, 153_600)
    return [(dict(form.fields), json.loads(base64.b64decode(form.fields["policy"]))["conditions"]) for form in forms]


def test_the_policy_holds_the_limit_the_prefix_and_the_bucket(
    web: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fields, conditions in policies(web, monkeypatch):
        prefix = fields["key"].removesuffix("${filename}")
        assert prefix.startswith(f"gas/{USER}/")
        assert prefix.endswith("~")
        assert ["content-length-range", 1, 153_600] in conditions
        assert ["starts-with", "$key", prefix] in conditions
        assert {"bucket": "gas-inputs"} in conditions
        assert ["starts-with", f"${ASSEMBLY_FIELD}", ""] in conditions


def test_one_form_is_redirected_and_the_other_is_not(web: WebSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    (plain, _), (scripted, _) = policies(web, monkeypatch)
    assert plain["success_action_redirect"] == "https://localhost:4433/annotate/job"
    assert scripted["success_action_status"] == "201"
    assert plain["key"] == scripted["key"]


def test_every_upload_page_has_a_job_id_of_its_own(web: WebSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert policies(web, monkeypatch)[0][0]["key"] != policies(web, monkeypatch)[0][0]["key"]
