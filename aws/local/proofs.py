"""Proofs that the resources of a deployed template really exist, with the properties that matter.

An emulator, or a policy of the account, may report a stack as complete and have made less. Each checker asks the
resource's own service and yields (property, wanted, found); a type without a checker is an error.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from aws.local.template import Deployment, Resource
from util.cloud import Cloud
from util.errors import GasError

Findings = Iterator[tuple[str, Any, Any]]


class ProofError(GasError):
    """A resource is missing, differs from its template, or cannot be proven; the sentence names it."""


def prove(cloud: Cloud, deployment: Deployment) -> None:
    """Check every resource of the deployment against the services. Raises ProofError, TemplateError."""
    for resource in deployment.resources():
        check = _CHECKS.get(resource.kind)
        if check is None:
            raise ProofError(
                f"the resource {resource.name} of type {resource.kind} cannot be proven: no check knows it"
            )
        if not resource.physical_id:
            raise ProofError(f"the resource {resource.name} of type {resource.kind} is not there: its stack made none")
        try:
            for what, wanted, found in check(cloud, resource):
                if _plain(wanted) != _plain(found):
                    raise ProofError(
                        f"the resource {resource.name} of type {resource.kind} differs from its template: "
                        f"{what} should be {wanted!r} and is {found!r}"
                    )
        except ClientError as error:
            raise ProofError(f"the resource {resource.name} of type {resource.kind} is not there: {error}") from error


def _plain(value: Any) -> Any:
    """Return a value in the one spelling that templates and answers are compared in."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bucket(cloud: Cloud, resource: Resource) -> Findings:
    bucket, wanted = {"Bucket": resource.physical_id}, resource.properties
    yield "BucketName", wanted["BucketName"], resource.physical_id
    rules = cloud.s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    asked = wanted["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
    yield "BucketEncryption", asked, rules[0]["ApplyServerSideEncryptionByDefault"]
    block = cloud.s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"]
    yield "PublicAccessBlockConfiguration", wanted["PublicAccessBlockConfiguration"], block
    owned = cloud.s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]
    yield "OwnershipControls", wanted["OwnershipControls"], {"Rules": owned["Rules"]}
    for asked, rule in zip(
        wanted["LifecycleConfiguration"]["Rules"],
        cloud.s3.get_bucket_lifecycle_configuration(**bucket)["Rules"],
        strict=True,
    ):
        yield "Lifecycle Status", asked["Status"], rule["Status"]
        key = "AbortIncompleteMultipartUpload"
        yield key, asked.get(key), rule.get(key)
    yield from _cors(cloud, resource)


def _cors(cloud: Cloud, resource: Resource) -> Findings:
    wanted = resource.properties.get("CorsConfiguration", {}).get("CorsRules", [])
    found = []
    with contextlib.suppress(ClientError):  # a bucket without rules answers with an error
        found = cloud.s3.get_bucket_cors(Bucket=resource.physical_id)["CORSRules"]
    yield "number of CorsRules", len(wanted), len(found)
    names = {"ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds", "Id": "ID"}
    for asked, rule in zip(wanted, found, strict=True):
        for name, value in asked.items():
            if name != "Id":
                yield f"CorsRules {name}", value, rule.get(names.get(name, name))


def _bucket_policy(cloud: Cloud, resource: Resource) -> Findings:
    answer = cloud.s3.get_bucket_policy(Bucket=resource.properties["Bucket"])
    yield "PolicyDocument", resource.properties["PolicyDocument"], json.loads(answer["Policy"])


def _topic(cloud: Cloud, resource: Resource) -> Findings:
    found = cloud.sns.get_topic_attributes(TopicArn=resource.physical_id)["Attributes"]
    yield "TopicName", resource.properties["TopicName"], found["TopicArn"].rsplit(":", 1)[-1]
    yield "KmsMasterKeyId", resource.properties.get("KmsMasterKeyId", ""), found.get("KmsMasterKeyId", "")


def _topic_policy(cloud: Cloud, resource: Resource) -> Findings:
    for arn in resource.properties["Topics"]:
        found = cloud.sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        yield f"PolicyDocument of {arn}", resource.properties["PolicyDocument"], json.loads(found)


def _subscription(cloud: Cloud, resource: Resource) -> Findings:
    found = cloud.sns.get_subscription_attributes(SubscriptionArn=resource.physical_id)["Attributes"]
    yield "TopicArn", resource.properties["TopicArn"], found["TopicArn"]
    yield "Endpoint", resource.properties["Endpoint"], found["Endpoint"]
    yield "Protocol", resource.properties["Protocol"], found["Protocol"]
    raw = found.get("RawMessageDelivery", "false")
    yield "RawMessageDelivery", resource.properties.get("RawMessageDelivery", False), raw


def _queue(cloud: Cloud, resource: Resource) -> Findings:
    found = _queue_attributes(cloud, resource.physical_id)
    for name, value in resource.properties.items():
        if name == "QueueName":
            yield name, value, found["QueueArn"].rsplit(":", 1)[-1]
        elif isinstance(value, dict):
            yield name, value, json.loads(found.get(name, "null"))
        else:
            yield name, value, found.get(name)


def _queue_policy(cloud: Cloud, resource: Resource) -> Findings:
    for url in resource.properties["Queues"]:
        found = _queue_attributes(cloud, url).get("Policy", "null")
        yield f"PolicyDocument of {url}", resource.properties["PolicyDocument"], json.loads(found)


def _queue_attributes(cloud: Cloud, url: str) -> dict[str, Any]:
    # A stack knows a queue by AWS's own address; the name in it is the same behind every endpoint.
    own_url = cloud.queue_url(url.rsplit("/", 1)[-1])
    attributes: dict[str, Any] = cloud.sqs.get_queue_attributes(QueueUrl=own_url, AttributeNames=["All"])["Attributes"]
    return attributes


def _table(cloud: Cloud, resource: Resource) -> Findings:
    wanted, dynamodb = resource.properties, cloud.client("dynamodb")
    found = dynamodb.describe_table(TableName=resource.physical_id)["Table"]
    yield "TableName", wanted["TableName"], found["TableName"]
    yield "KeySchema", wanted["KeySchema"], found["KeySchema"]
    yield "BillingMode", wanted["BillingMode"], found["BillingModeSummary"]["BillingMode"]
    asked = {index["IndexName"]: index for index in wanted.get("GlobalSecondaryIndexes", [])}
    there = {index["IndexName"]: index for index in found.get("GlobalSecondaryIndexes", [])}
    yield "GlobalSecondaryIndexes", sorted(asked), sorted(there)
    for name, index in asked.items():
        yield f"KeySchema of {name}", index["KeySchema"], there[name]["KeySchema"]
        yield f"Projection of {name}", index["Projection"], there[name]["Projection"]
    encrypted = found.get("SSEDescription", {}).get("Status") == "ENABLED"
    yield "SSEEnabled", wanted.get("SSESpecification", {}).get("SSEEnabled", False), encrypted
    backups = dynamodb.describe_continuous_backups(TableName=resource.physical_id)["ContinuousBackupsDescription"]
    status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
    recovery = wanted.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False)
    yield "PointInTimeRecoveryEnabled", recovery, status == "ENABLED"


def _secret(cloud: Cloud, resource: Resource) -> Findings:
    found = cloud.client("secretsmanager").describe_secret(SecretId=resource.physical_id)
    yield "Name", resource.properties["Name"], found["Name"]
    yield "Description", resource.properties.get("Description", ""), found.get("Description", "")
    key = resource.properties.get("GenerateSecretString", {}).get("GenerateStringKey")
    if key is not None:
        yield f"a value of {key}", True, bool(cloud.secret(resource.properties["Name"]).get(key))


_CHECKS: Mapping[str, Callable[[Cloud, Resource], Findings]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SecretsManager::Secret": _secret,
}
