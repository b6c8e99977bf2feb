"""The data template says what the settings say, and is a template that AWS would take."""

from pathlib import Path
from typing import Any

import cfnlint
import cfnlint.config
import cfnlint.decode
import pytest

from aws.local.provision import DATA_TEMPLATE, data_parameters
from aws.local.template import Deployment, Resource, TemplateError, read_template
from util.settings import Settings, load

SETTINGS = load(Settings, environ={"GAS_GAS_PREFIX": "x1", "GAS_GAS_SITE_URL": "https://gas.example.org"})


def _deployed(settings: Settings = SETTINGS) -> dict[str, Resource]:
    """Return the resources as a stack with these settings would have them, each one's physical ID being its name."""
    template = read_template(DATA_TEMPLATE)
    deployment = Deployment(
        template=template,
        parameters=data_parameters(settings),
        physical_ids={name: name for name in template["Resources"]},
        region="us-east-1",
        account="123456789012",
    )
    return {resource.name: resource for resource in deployment.resources()}


def _names(kind: str, name: str) -> set[str]:
    return {resource.properties[name] for resource in _deployed().values() if resource.kind == kind}


def test_cfn_lint_finds_nothing_to_say() -> None:
    config = cfnlint.config.ManualArgs(regions=["us-east-1"])
    assert cfnlint.lint_file(DATA_TEMPLATE, config) == []


def test_our_reader_and_cfn_lints_read_the_same_template() -> None:
    theirs, problems = cfnlint.decode.decode(str(DATA_TEMPLATE))
    assert problems == []
    assert theirs == read_template(DATA_TEMPLATE)


def test_buckets_are_those_of_the_settings() -> None:
    assert _names("AWS::S3::Bucket", "BucketName") == {SETTINGS.s3.inputs_bucket, SETTINGS.s3.results_bucket}


def test_topics_are_those_of_the_settings() -> None:
    expected = {SETTINGS.sns.job_requests_topic, SETTINGS.sns.job_results_topic}
    assert _names("AWS::SNS::Topic", "TopicName") == expected


def test_queues_are_those_of_the_settings_each_with_a_dead_letter_queue() -> None:
    queues = {
        SETTINGS.sqs.job_requests_queue,
        SETTINGS.sqs.job_results_queue,
        SETTINGS.sqs.archive_requests_queue,
    }
    assert _names("AWS::SQS::Queue", "QueueName") == queues | {f"{name}_dead" for name in queues}


def test_secrets_are_those_of_the_settings() -> None:
    expected = {SETTINGS.secrets.accounts_database, SETTINGS.secrets.flask, SETTINGS.secrets.globus}
    assert _names("AWS::SecretsManager::Secret", "Name") == expected


def test_the_table_and_its_index_are_those_of_the_settings() -> None:
    table = _deployed()["AnnotationsTable"].properties
    assert table["TableName"] == SETTINGS.dynamodb.annotations_table
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == [SETTINGS.dynamodb.user_id_index]


def test_the_index_has_every_attribute_that_a_job_must_have() -> None:
    (index,) = _deployed()["AnnotationsTable"].properties["GlobalSecondaryIndexes"]
    keys = {"job_id", "user_id", "submit_time"}
    required = {"job_id", "user_id", "submit_time", "input_file_name", "s3_inputs_bucket", "s3_key_input_file"}
    assert required <= keys | set(index["Projection"]["NonKeyAttributes"])


@pytest.mark.parametrize("queue", ["JobRequests", "JobResults", "ArchiveRequests"])
def test_a_queue_gives_up_when_the_settings_say_and_its_dead_letter_queue_takes_its_messages_only(queue: str) -> None:
    resources = _deployed()
    source, dead = resources[f"{queue}Queue"].properties, resources[f"{queue}DeadQueue"].properties
    assert int(source["RedrivePolicy"]["maxReceiveCount"]) == SETTINGS.sqs.redrive_receives
    assert source["RedrivePolicy"]["deadLetterTargetArn"].endswith(f":{queue}DeadQueue")
    assert int(source["VisibilityTimeout"]) == SETTINGS.sqs.visibility_seconds
    assert dead["QueueName"] == f"{source['QueueName']}_dead"
    arn = f"arn:aws:sqs:us-east-1:123456789012:{source['QueueName']}"
    assert dead["RedriveAllowPolicy"] == {"redrivePermission": "byQueue", "sourceQueueArns": [arn]}
    assert dead["MessageRetentionPeriod"] > source["MessageRetentionPeriod"]


@pytest.mark.parametrize(("retention", "delay"), [(60, "60"), (900, "900"), (86400, "900")])
def test_archive_requests_wait_as_long_as_the_retention_or_as_long_as_sqs_can(retention: int, delay: str) -> None:
    settings = load(Settings, environ={"GAS_GAS_FREE_USER_DATA_RETENTION": str(retention)})
    assert _deployed(settings)["ArchiveRequestsQueue"].properties["DelaySeconds"] == delay


def test_each_queue_lets_only_the_topic_send_that_it_is_subscribed_to() -> None:
    resources = _deployed()
    topics = {
        resource.properties["Endpoint"].rsplit(":", 1)[-1]: resource.properties["TopicArn"]
        for resource in resources.values()
        if resource.kind == "AWS::SNS::Subscription"
    }
    policies = [resource for resource in resources.values() if resource.kind == "AWS::SQS::QueuePolicy"]
    assert len(policies) == len(topics) == 3
    for policy in policies:
        (queue,) = policy.properties["Queues"]
        allow, deny = policy.properties["PolicyDocument"]["Statement"]
        assert allow["Action"] == "sqs:SendMessage"
        assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": topics[queue]}}
        assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_buckets_are_encrypted_private_and_free_of_broken_uploads() -> None:
    for name in ("InputsBucket", "ResultsBucket"):
        bucket = _deployed()[name].properties
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        (life,) = bucket["LifecycleConfiguration"]["Rules"]
        assert life["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_only_the_site_may_post_to_the_inputs_bucket_from_a_browser() -> None:
    resources = _deployed()
    (rule,) = resources["InputsBucket"].properties["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://gas.example.org"]
    assert rule["AllowedMethods"] == ["POST"]
    assert "CorsConfiguration" not in resources["ResultsBucket"].properties


def test_what_cannot_be_made_again_stays_when_the_stack_goes() -> None:
    kept = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SecretsManager::Secret"}
    for name, resource in read_template(DATA_TEMPLATE)["Resources"].items():
        policies: list[Any] = [resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")]
        assert policies == (["Retain"] * 2 if resource["Type"] in kept else [None] * 2), name


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        ("{Name: !Ref Nobody}", "Ref Nobody names neither a parameter nor a resource"),
        ("{Name: !GetAtt Queue.Colour}", "the attribute Colour of Queue, which is AWS::SQS::Queue, cannot be resolved"),
        ("{Name: !Select [0, [a]]}", "Fn::Select cannot be resolved here"),
    ],
)
def test_a_reference_that_nobody_knows_is_refused_by_name(tmp_path: Path, properties: str, sentence: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(f"Resources: {{Queue: {{Type: AWS::SQS::Queue, Properties: {properties}}}}}")
    deployment = Deployment(
        template=read_template(path), parameters={}, physical_ids={"Queue": "q"}, region="us-east-1", account="1"
    )
    with pytest.raises(TemplateError, match=sentence):
        list(deployment.resources())
