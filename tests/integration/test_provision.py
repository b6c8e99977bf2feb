"""What is deployed on the embedded cloud is proven, and a gap is found by name."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aws.local.proofs import ProofError
from aws.local.provision import DATA_TEMPLATE, ProvisionError, data_parameters, deploy, put_secret
from tests.integration.emulated import DATABASE, GLOBUS, Emulator, running_emulator
from util.cloud import Cloud


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def _deploy(emulator: Emulator) -> None:
    settings = emulator.settings
    deploy(emulator.cloud, "gas-data", DATA_TEMPLATE, data_parameters(settings), region=settings.aws.region)


def _events(emulator: Emulator) -> int:
    client = emulator.cloud.client("cloudformation")
    return len(client.describe_stack_events(StackName="gas-data")["StackEvents"])


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:us-east-1:123456789012:{name}"


def test_deploying_again_changes_nothing(emulator: Emulator) -> None:
    before = _events(emulator), emulator.cloud.secret("gas/flask")
    emulator.provision()
    assert (_events(emulator), emulator.cloud.secret("gas/flask")) == before


def test_secrets_hold_what_was_put_and_what_was_generated(emulator: Emulator) -> None:
    assert emulator.cloud.secret("gas/accounts_database") == DATABASE
    assert emulator.cloud.secret("gas/globus") == GLOBUS
    assert len(emulator.cloud.secret("gas/flask")["secret_key"]) == 64


def test_a_put_keeps_the_other_values_of_a_secret(emulator: Emulator) -> None:
    put_secret(emulator.cloud, "gas/globus", {"client_secret": "another"})
    assert emulator.cloud.secret("gas/globus") == {"client_id": "c", "client_secret": "another"}


def test_changed_settings_reach_what_is_there_without_losing_it(emulator: Emulator) -> None:
    queue = emulator.queue_url("archive_requests")
    emulator.cloud.sqs.send_message(QueueUrl=queue, MessageBody="kept")
    emulator.provision(GAS_GAS_FREE_USER_DATA_RETENTION="1200", GAS_GAS_SITE_URL="https://other.example.org")
    found = emulator.cloud.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert (found["DelaySeconds"], found["ApproximateNumberOfMessagesDelayed"]) == ("900", "1")
    (rule,) = emulator.cloud.s3.get_bucket_cors(Bucket="gas-inputs")["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://other.example.org"]
    emulator.provision()


def _remove_subscription(cloud: Cloud, prefix: str) -> None:
    topic = _arn("sns", f"{prefix}_job_requests")
    (found,) = cloud.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    cloud.sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def _open_topic(cloud: Cloud, prefix: str) -> None:
    topic = _arn("sns", f"{prefix}_job_results")
    cloud.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue='{"Statement": []}')


def _remove_backups(cloud: Cloud, prefix: str) -> None:
    cloud.client("dynamodb").update_continuous_backups(
        TableName=f"{prefix}_annotations", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def _empty_secret(cloud: Cloud, prefix: str) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=f"{prefix}/flask", SecretString="{}")


def _remove_secret(cloud: Cloud, prefix: str) -> None:
    cloud.client("secretsmanager").delete_secret(SecretId=f"{prefix}/globus", ForceDeleteWithoutRecovery=True)


def _set_queue(name: str, attribute: str, value: str) -> Callable[[Cloud, str], None]:
    def set_queue(cloud: Cloud, prefix: str) -> None:
        url = cloud.queue_url(f"{prefix}_{name}")
        cloud.sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: value})

    return set_queue


@pytest.mark.parametrize(
    ("resource", "break_it"),
    [
        ("JobRequestsSubscription", _remove_subscription),
        ("JobResultsTopicPolicy", _open_topic),
        ("JobResultsTopic", lambda cloud, p: cloud.sns.delete_topic(TopicArn=_arn("sns", f"{p}_job_results"))),
        ("JobResultsQueuePolicy", _set_queue("job_results", "Policy", "")),
        ("JobRequestsQueue", _set_queue("job_requests", "VisibilityTimeout", "9")),
        (
            "JobRequestsDeadQueue",
            lambda cloud, p: cloud.sqs.delete_queue(QueueUrl=cloud.queue_url(f"{p}_job_requests_dead")),
        ),
        ("InputsBucketPolicy", lambda cloud, p: cloud.s3.delete_bucket_policy(Bucket=f"{p}-inputs")),
        ("InputsBucket", lambda cloud, p: cloud.s3.delete_bucket_cors(Bucket=f"{p}-inputs")),
        ("ResultsBucket", lambda cloud, p: cloud.s3.delete_public_access_block(Bucket=f"{p}-results")),
        ("AnnotationsTable", _remove_backups),
        ("FlaskSecret", _empty_secret),
        ("GlobusSecret", _remove_secret),
    ],
)
def test_whatever_is_missing_or_changed_is_named(
    emulator: Emulator, resource: str, break_it: Callable[[Cloud, str], None]
) -> None:
    # A stack of its own for each: what is broken once stays broken.
    prefix = resource.lower()
    emulator.provision(GAS_GAS_PREFIX=prefix)
    break_it(emulator.cloud, prefix)
    with pytest.raises(ProofError, match=f"the resource {resource} of type AWS::"):
        emulator.provision(GAS_GAS_PREFIX=prefix)


def _template(folder: Path, resources: dict[str, Any]) -> Path:
    path = folder / "template.yaml"
    path.write_text(json.dumps({"Resources": resources}))
    return path


def test_a_type_that_nobody_can_prove_fails_by_name(emulator: Emulator, tmp_path: Path) -> None:
    template = _template(tmp_path, {"Odd": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}})
    with pytest.raises(ProofError, match=r"the resource Odd of type AWS::EC2::VPC cannot be proven"):
        deploy(emulator.cloud, "odd", template, {}, region="us-east-1")


def test_a_type_that_moto_does_not_make_fails_by_name(emulator: Emulator, tmp_path: Path) -> None:
    template = _template(tmp_path, {"Ghost": {"Type": "AWS::Glacier::Vault", "Properties": {}}})
    with pytest.raises(ProofError, match="Ghost"):
        deploy(emulator.cloud, "ghost", template, {}, region="us-east-1")


def test_a_template_that_leaves_things_out_removes_them(emulator: Emulator, tmp_path: Path) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}
    properties = {"TopicArn": {"Ref": "T"}, "Protocol": "sqs", "Endpoint": {"Fn::GetAtt": ["Q", "Arn"]}}
    subscription = {"Type": "AWS::SNS::Subscription", "Properties": properties}
    deploy(
        emulator.cloud, "s", _template(tmp_path, {"T": topic, "Q": queue, "S": subscription}), {}, region="us-east-1"
    )
    found = emulator.cloud.sns.list_subscriptions_by_topic(TopicArn=_arn("sns", "t"))["Subscriptions"]
    assert [each["Endpoint"] for each in found] == [_arn("sqs", "q")]
    deploy(emulator.cloud, "s", _template(tmp_path, {"T": topic, "Q": queue}), {}, region="us-east-1")
    assert emulator.cloud.sns.list_subscriptions_by_topic(TopicArn=_arn("sns", "t"))["Subscriptions"] == []


def test_a_stack_that_does_not_get_ready_is_told(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    client = emulator.cloud.client("cloudformation")
    stuck = {"StackName": "gas-data", "StackStatus": "UPDATE_ROLLBACK_COMPLETE"}
    parameters = [
        {"ParameterKey": name, "ParameterValue": value} for name, value in data_parameters(emulator.settings).items()
    ]
    monkeypatch.setattr(client, "describe_stacks", lambda **_: {"Stacks": [{**stuck, "Parameters": parameters}]})
    monkeypatch.setattr(emulator.cloud, "client", lambda _service: client)
    with pytest.raises(ProvisionError, match="the stack gas-data is UPDATE_ROLLBACK_COMPLETE"):
        _deploy(emulator)
