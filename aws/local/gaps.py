"""The resource types that moto's CloudFormation accepts and does not make: `install` teaches it to.

moto finds the types that it knows among the subclasses of its CloudFormationModel, so a class here is a type that
stacks then create, update and delete like any other. The types that moto makes in part are in `completions`. A type
that nobody knows still passes moto silently; for that reason `provision` proves every resource.
"""

import json
import secrets
import string
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends
from moto.sqs.models import Queue, sqs_backends

from aws.local import completions
from aws.local.completions import boolean

Properties = Mapping[str, Any]


class _Resource:
    """A resource of a stack: how CloudFormation calls a type, told in three methods instead of eight."""

    kind: ClassVar[str]

    def __init__(self, physical_resource_id: str, properties: Properties) -> None:
        self.physical_resource_id = physical_resource_id
        self.properties = properties

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Create the resource, or change the one `before`; return its physical ID."""
        raise NotImplementedError

    def delete(self, account_id: str, region_name: str) -> None:
        """Remove the resource."""
        raise NotImplementedError

    def is_created(self) -> bool:
        """Nothing here takes time to make."""
        return True

    def get_cfn_attribute(self, attribute_name: str) -> str:  # noqa: ARG002  # moto's signature
        """Every attribute that these types have is their ID."""
        return self.physical_resource_id

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Tell whether Fn::GetAtt may ask for the attribute."""
        return attr in {"Id", "Arn"}

    @classmethod
    def cloudformation_type(cls) -> str:
        """Return the type's name in templates."""
        return cls.kind

    @staticmethod
    def cloudformation_name_type() -> str:
        """None of these types is named by a property that CloudFormation could generate."""
        return ""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,  # noqa: ARG003  # moto's signature
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **_details: Any,
    ) -> Self:
        """Create the resource of a new logical ID."""
        properties = cloudformation_json["Properties"]
        return cls(cls.make(properties, account_id, region_name, before=None), properties)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Self,
        new_resource_name: str,  # noqa: ARG003  # moto's signature
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
    ) -> Self:
        """Change the resource of a logical ID that the stack has already."""
        properties = cloudformation_json["Properties"]
        return cls(cls.make(properties, account_id, region_name, before=original_resource), properties)


class Subscription(_Resource, CloudFormationModel):
    """A subscription of a queue to a topic."""

    kind = "AWS::SNS::Subscription"

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Subscribe, and drop the subscription that this one replaces."""
        backend = sns_backends[account][region]
        subscription = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
        if "RawMessageDelivery" in properties:
            backend.set_subscription_attributes(
                subscription.arn, "RawMessageDelivery", boolean(properties["RawMessageDelivery"])
            )
        if before is not None and before.physical_resource_id != subscription.arn:
            before.delete(account, region)
        return str(subscription.arn)

    def delete(self, account_id: str, region_name: str) -> None:
        """Unsubscribe."""
        sns_backends[account_id][region_name].unsubscribe(self.physical_resource_id)


class TopicPolicy(_Resource, CloudFormationModel):
    """A policy of topics."""

    kind = "AWS::SNS::TopicPolicy"

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Put the policy on each topic."""
        for arn in properties["Topics"]:
            sns_backends[account][region].get_topic(arn).policy = json.dumps(properties["PolicyDocument"])
        return before.physical_resource_id if before else f"topic-policy-{secrets.token_hex(6)}"

    def delete(self, account_id: str, region_name: str) -> None:
        """Take away every permission that the policy gave."""
        for arn in self.properties["Topics"]:
            sns_backends[account_id][region_name].get_topic(arn).policy = '{"Statement": []}'


class QueuePolicy(_Resource, CloudFormationModel):
    """A policy of queues."""

    kind = "AWS::SQS::QueuePolicy"

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Put the policy on each queue."""
        for url in properties["Queues"]:
            _queue_of(url, account, region).policy = json.dumps(properties["PolicyDocument"])
        return before.physical_resource_id if before else f"queue-policy-{secrets.token_hex(6)}"

    def delete(self, account_id: str, region_name: str) -> None:
        """Take the policy off its queues."""
        for url in self.properties["Queues"]:
            _queue_of(url, account_id, region_name).policy = None


class BucketPolicy(_Resource, CloudFormationModel):
    """A policy of a bucket."""

    kind = "AWS::S3::BucketPolicy"

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Put the policy on the bucket."""
        bucket = str(properties["Bucket"])
        if before is not None and before.physical_resource_id != bucket:
            before.delete(account, region)
        s3_backends[account]["aws"].put_bucket_policy(bucket, json.dumps(properties["PolicyDocument"]).encode())
        return bucket

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002  # buckets have no region in moto
        """Take the policy off the bucket."""
        s3_backends[account_id]["aws"].delete_bucket_policy(self.physical_resource_id)


class Secret(_Resource, CloudFormationModel):
    """A secret of Secrets Manager; its physical ID is its ARN."""

    kind = "AWS::SecretsManager::Secret"

    @classmethod
    def make(cls, properties: Properties, account: str, region: str, *, before: Self | None) -> str:
        """Create the secret. A value that is there stays unless the template's own words for it have changed."""
        backend = secretsmanager_backends[account][region]
        described = {"description": properties.get("Description"), "kms_key_id": properties.get("KmsKeyId")}
        if before is not None:
            changed = any(
                properties.get(name) != before.properties.get(name) for name in ("SecretString", "GenerateSecretString")
            )
            value = _secret_value(properties) if changed else None
            backend.update_secret(before.physical_resource_id, secret_string=value, **described)
            return before.physical_resource_id
        answer = backend.create_secret(
            name=properties["Name"],
            secret_string=_secret_value(properties),
            secret_binary=None,
            tags=properties.get("Tags"),
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
            **described,
        )
        return str(json.loads(answer)["ARN"])

    def delete(self, account_id: str, region_name: str) -> None:
        """Delete the secret at once."""
        secretsmanager_backends[account_id][region_name].delete_secret(
            self.physical_resource_id, recovery_window_in_days=None, force_delete_without_recovery=True
        )


def _secret_value(properties: Properties) -> str | None:
    wanted = properties.get("GenerateSecretString")
    if wanted is None:
        return properties.get("SecretString")
    kinds = {
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": string.punctuation,
    }
    allowed = "".join(characters for flag, characters in kinds.items() if boolean(wanted.get(flag)) == "false")
    letters = [letter for letter in allowed if letter not in wanted.get("ExcludeCharacters", "")]
    password = "".join(secrets.choice(letters) for _ in range(int(wanted.get("PasswordLength", 32))))
    if "GenerateStringKey" not in wanted:
        return password
    return json.dumps({**json.loads(wanted["SecretStringTemplate"]), wanted["GenerateStringKey"]: password})


def _queue_of(url: str, account: str, region: str) -> Queue:
    return sqs_backends[account][region].get_queue(url.rsplit("/", 1)[-1])


def install() -> None:
    """Close the gaps, those of `completions` too. Once per process, before the first stack."""
    completions.install()
    # moto may have listed the types that it knows before ours were there.
    for listing in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        listing.cache_clear()
