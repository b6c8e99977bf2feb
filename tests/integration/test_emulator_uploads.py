"""Presigned requests to the emulated S3 are taken and refused as S3 does."""

import base64
import datetime
import email.header
import json
import time
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from aws.local.signatures import Credentials
from tests.integration.emulated import KEYS, Emulator, running_emulator

CONTENT = b"##fileformat=VCFv4.2\n" * 50
ORIGIN = {"Origin": "https://localhost:4433"}
REDIRECT = {"success_action_redirect": "https://localhost:4433/annotate/job?x=1"}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def _form(emulator: Emulator, key: str = "gas/u/1~${filename}", **options: Any) -> tuple[str, dict[str, str]]:
    options = {"ExpiresIn": 60, **options}
    post = emulator.cloud.s3.generate_presigned_post(emulator.settings.s3.inputs_bucket, key, **options)
    return post["url"], post["fields"]


def _send(url: str, fields: dict[str, str], name: str = "a.vcf", content: bytes = CONTENT) -> requests.Response:
    return requests.post(
        url, data=fields, files={"file": (name, content)}, headers=ORIGIN, allow_redirects=False, timeout=30
    )


def _assert_refused(answer: requests.Response, status: int, code: str, sentence: str = "") -> ET.Element:
    error = ET.fromstring(answer.content)
    assert (answer.status_code, error.findtext("Code")) == (status, code)
    assert sentence in str(error.findtext("Message"))
    # Without it, the page could not read why.
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    return error


def _signed(document: object) -> dict[str, str]:
    """Return a form whose signature is right, whatever its policy says."""
    credential = f"{KEYS['AWS_ACCESS_KEY_ID']}/20260101/us-east-1/s3/aws4_request"
    policy = base64.b64encode(document if isinstance(document, bytes) else json.dumps(document).encode()).decode()
    keys = Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])
    return {
        "key": "k",
        "policy": policy,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": credential,
        "x-amz-date": "20260101T000000Z",
        "x-amz-signature": keys.sign(credential, policy),
    }


def test_an_upload_is_stored_under_the_name_that_the_browser_gave(emulator: Emulator) -> None:
    url, fields = _form(emulator, Fields={"Content-Type": "text/plain"}, Conditions=[{"Content-Type": "text/plain"}])
    assert _send(url, fields, name="C:\\data\\é ~1.vcf").status_code == 204
    found = emulator.cloud.s3.get_object(Bucket=emulator.settings.s3.inputs_bucket, Key="gas/u/1~é ~1.vcf")
    assert found["Body"].read() == CONTENT
    assert found["ContentType"] == "text/plain"


def test_an_upload_may_be_repeated_over_itself(emulator: Emulator) -> None:
    url, fields = _form(emulator, key="gas/u/again")
    assert [_send(url, fields).status_code for _ in range(2)] == [204, 204]


def test_a_redirect_carries_bucket_key_and_etag(emulator: Emulator) -> None:
    answer = _send(*_form(emulator, Fields=REDIRECT, Conditions=[REDIRECT]))
    assert answer.status_code == 303
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["Location"]).query))
    head = emulator.cloud.s3.head_object(Bucket=query["bucket"], Key=query["key"])
    assert query == {"x": "1", "bucket": "gas-inputs", "key": "gas/u/1~a.vcf", "etag": head["ETag"]}


def test_status_201_describes_the_object(emulator: Emulator) -> None:
    status = {"success_action_status": "201"}
    answer = _send(*_form(emulator, Fields=status, Conditions=[status]), name="a&b.vcf")
    assert answer.status_code == 201
    described = ET.fromstring(answer.content)
    assert (described.tag, described.findtext("Key")) == ("PostResponse", "gas/u/1~a&b.vcf")


def test_an_upload_over_the_limit_is_refused_and_told_the_limit(emulator: Emulator) -> None:
    form = _form(emulator, Conditions=[["content-length-range", 0, 100]])
    error = _assert_refused(_send(*form), 400, "EntityTooLarge")
    assert error.findtext("MaxSizeAllowed") == "100"
    assert int(str(error.findtext("ProposedSize"))) >= len(CONTENT)
    with pytest.raises(emulator.cloud.s3.exceptions.ClientError):
        emulator.cloud.s3.head_object(Bucket="gas-inputs", Key="gas/u/1~over.vcf")


def test_a_huge_upload_is_refused_with_the_same_answer(emulator: Emulator) -> None:
    form = _form(emulator, Conditions=[["content-length-range", 0, 100]])
    _assert_refused(_send(*form, content=b"x" * 20_000_000), 400, "EntityTooLarge")


def test_an_upload_of_exactly_the_limit_is_taken(emulator: Emulator) -> None:
    form = _form(emulator, Conditions=[["content-length-range", len(CONTENT), len(CONTENT)]])
    assert _send(*form).status_code == 204


def test_an_upload_below_the_least_size_is_refused(emulator: Emulator) -> None:
    form = _form(emulator, Conditions=[["content-length-range", 1, 100]])
    _assert_refused(_send(*form, content=b""), 400, "EntityTooSmall")


def test_a_policy_that_has_expired_is_refused(emulator: Emulator) -> None:
    _assert_refused(_send(*_form(emulator, ExpiresIn=-5)), 403, "AccessDenied", "Policy expired")


def test_a_field_that_the_policy_does_not_mention_is_refused(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    _assert_refused(_send(url, {**fields, "acl": "public-read"}), 403, "AccessDenied", "Extra input fields: acl")
    assert _send(url, {**fields, "x-ignore-this": "1"}).status_code == 204


@pytest.mark.parametrize("change", [{"key": "gas/v/1~a.vcf"}, {"success_action_redirect": "https://evil.example"}])
def test_a_field_with_another_value_than_the_policy_says_is_refused(emulator: Emulator, change: dict[str, str]) -> None:
    url, fields = _form(emulator, Fields=REDIRECT, Conditions=[REDIRECT])
    _assert_refused(_send(url, {**fields, **change}), 403, "AccessDenied", "Policy Condition failed")


META = {"Conditions": [["starts-with", "$x-amz-meta-assembly", ""]]}


def test_metadata_that_is_not_ascii_comes_back_encoded(emulator: Emulator) -> None:
    url, fields = _form(emulator, key="gas/u/encoded", **META)
    assert _send(url, {**fields, "x-amz-meta-assembly": "ünï😀"}).status_code == 204
    head = emulator.cloud.s3.head_object(Bucket="gas-inputs", Key="gas/u/encoded")
    shown = email.header.make_header(email.header.decode_header(head["Metadata"]["assembly"]))
    assert str(shown) == "ünï😀"


@pytest.mark.parametrize("value", ["hg18\r\nx-amz-acl: public-read", "hg18\n", "a\x00b", "\x7f"])
def test_metadata_with_a_control_character_is_refused(emulator: Emulator, value: str) -> None:
    url, fields = _form(emulator, **META)
    _assert_refused(_send(url, {**fields, "x-amz-meta-assembly": value}), 400, "InvalidArgument", "x-amz-meta-assembly")


def test_a_form_for_one_bucket_does_not_work_for_another(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    answer = _send(url.replace("gas-inputs", "gas-results"), fields)
    assert (answer.status_code, "AccessDenied" in answer.text) == (403, True)


def test_a_policy_that_was_changed_after_signing_is_refused(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    policy = json.loads(base64.b64decode(fields["policy"]))
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    policy["expiration"] = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    _assert_refused(_send(url, fields), 403, "SignatureDoesNotMatch")


def test_a_form_without_policy_is_refused(emulator: Emulator) -> None:
    url, _ = _form(emulator)
    _assert_refused(_send(url, {"key": "k"}), 403, "AccessDenied")


@pytest.mark.parametrize("name", ["x-amz-credential", "x-amz-signature", "x-amz-date", "x-amz-algorithm"])
def test_a_policy_without_a_field_of_its_signature_is_refused(emulator: Emulator, name: str) -> None:
    url, fields = _form(emulator)
    del fields[name]
    _assert_refused(_send(url, fields), 400, "InvalidArgument", name)


def test_keys_of_somebody_else_are_refused(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    fields["x-amz-credential"] = "stranger/20260101/us-east-1/s3/aws4_request"
    _assert_refused(_send(url, fields), 403, "InvalidAccessKeyId")


@pytest.mark.parametrize(
    "document",
    [
        b"not JSON",
        {"conditions": []},
        {"expiration": "2099-01-01T00:00:00Z"},
        {"expiration": "soon", "conditions": []},
        {"expiration": "2099-01-01T00:00:00Z", "conditions": [["like", "$key", "k"]]},
        ["a list"],
    ],
)
def test_a_policy_that_cannot_be_read_is_refused(emulator: Emulator, document: object) -> None:
    url, _ = _form(emulator)
    _assert_refused(_send(url, _signed(document)), 400, "InvalidPolicyDocument")


def test_a_key_over_the_limit_is_refused(emulator: Emulator) -> None:
    form = _form(emulator, key="k" * 1000 + "${filename}")
    _assert_refused(_send(*form, name="é" * 20), 400, "KeyTooLongError")


def test_a_form_without_file_or_key_is_refused(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    no_file = requests.post(
        url, files={name: (None, value) for name, value in fields.items()}, headers=ORIGIN, timeout=30
    )
    _assert_refused(no_file, 400, "InvalidArgument", "exactly one file")
    del fields["key"]
    _assert_refused(_send(url, fields), 400, "InvalidArgument", "'key'")


def test_a_form_that_ends_halfway_is_refused(emulator: Emulator) -> None:
    url, fields = _form(emulator)
    body = requests.Request("POST", url, data=fields, files={"file": ("a.vcf", CONTENT)}).prepare()
    assert isinstance(body.body, bytes)
    headers = {"Content-Type": body.headers["Content-Type"], **ORIGIN}
    _assert_refused(requests.post(url, data=body.body[:-200], headers=headers, timeout=30), 400, "MalformedPOSTRequest")


def test_an_upload_to_a_bucket_that_does_not_exist_is_refused(emulator: Emulator) -> None:
    post = emulator.cloud.s3.generate_presigned_post("nowhere", "k")
    answer = _send(post["url"], post["fields"])
    assert (answer.status_code, "NoSuchBucket" in answer.text) == (404, True)


def _preflight(emulator: Emulator, origin: str, method: str) -> requests.Response:
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-a"}
    return requests.options(f"{emulator.url}/gas-inputs", headers=headers, timeout=30)


def test_only_a_post_from_the_site_passes_the_preflight(emulator: Emulator) -> None:
    allowed = _preflight(emulator, ORIGIN["Origin"], "POST")
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    for origin, method in (("https://evil.example", "POST"), (ORIGIN["Origin"], "DELETE")):
        refused = _preflight(emulator, origin, method)
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers


def _link(emulator: Emulator, **options: Any) -> str:
    emulator.cloud.s3.put_object(Bucket="gas-results", Key="gas/r é+%.vcf", Body=CONTENT)
    parameters = {"Bucket": "gas-results", "Key": "gas/r é+%.vcf", **options.pop("Params", {})}
    return str(emulator.cloud.s3.generate_presigned_url("get_object", Params=parameters, **options))


def test_a_presigned_link_downloads_under_the_name_it_says(emulator: Emulator) -> None:
    disposition = "attachment; filename*=UTF-8''r%20%C3%A9.vcf"
    answer = requests.get(_link(emulator, Params={"ResponseContentDisposition": disposition}), timeout=30)
    assert answer.content == CONTENT
    assert answer.headers["Content-Disposition"] == disposition


def test_a_presigned_link_that_has_expired_is_refused(emulator: Emulator) -> None:
    link = _link(emulator, ExpiresIn=1)
    time.sleep(2)
    answer = requests.get(link, timeout=30)
    assert (answer.status_code, "Request has expired" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [("gas-results", "gas-inputs"), ("Expires=3600", "Expires=7200"), ("host&", "host&a=b&")],
)
def test_a_presigned_link_that_was_changed_is_refused(emulator: Emulator, old: str, new: str) -> None:
    link = _link(emulator)
    assert old in link
    answer = requests.get(link.replace(old, new), timeout=30)
    assert (answer.status_code, "SignatureDoesNotMatch" in answer.text) == (403, True)


@pytest.mark.parametrize(("old", "new"), [("Expires=3600", "Expires=soon"), ("Expires=3600", "Expires=9999999")])
def test_a_presigned_link_with_a_lifetime_that_s3_does_not_know_is_refused(
    emulator: Emulator, old: str, new: str
) -> None:
    answer = requests.get(_link(emulator).replace(old, new), timeout=30)
    assert (answer.status_code, "AuthorizationQueryParametersError" in answer.text) == (400, True)


def test_an_object_is_nobodys_without_a_signature(emulator: Emulator) -> None:
    link = _link(emulator)
    assert requests.get(link.partition("?")[0], timeout=30).status_code == 403
