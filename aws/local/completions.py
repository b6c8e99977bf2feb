"""What moto's CloudFormation makes only in part: `install` makes it do the rest.

A stack's bucket has no rules for origins and objects, a changed queue keeps most of its attributes, a changed topic
loses its subscriptions, a table has no backups: each is completed after moto has done what it does.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, s3_backends
from moto.sns.models import Topic
from moto.sqs.models import Queue

Properties = Mapping[str, Any]


def boolean(value: object) -> str:
    """Return `true` or `false`, as the APIs spell what a template may write as a boolean or as text."""
    return str(str(value).lower() == "true").lower()


def _complete_bucket(bucket: FakeBucket, properties: Properties, *, is_new: bool) -> None:  # noqa: ARG001  # one signature
    cors = properties.get("CorsConfiguration", {}).get("CorsRules", [])
    bucket.set_cors([_cors_rule(rule) for rule in cors])
    rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
    # S3's XML, which moto reads, spells the ID and singular lists of rules in its own way.
    bucket.set_lifecycle([{**{k: v for k, v in rule.items() if k != "Id"}, "ID": rule.get("Id")} for rule in rules])
    if "PublicAccessBlockConfiguration" in properties:
        block = {name: boolean(value) for name, value in properties["PublicAccessBlockConfiguration"].items()}
        s3_backends[bucket.account_id]["aws"].put_public_access_block(bucket.name, block)
    owners = properties.get("OwnershipControls", {}).get("Rules", [])
    bucket.ownership_rule = owners[0]["ObjectOwnership"] if owners else None


def _cors_rule(rule: Properties) -> dict[str, Any]:
    names = {"Id": "ID", "AllowedMethods": "AllowedMethod", "AllowedOrigins": "AllowedOrigin"}
    names |= {"AllowedHeaders": "AllowedHeader", "ExposedHeaders": "ExposeHeader", "MaxAge": "MaxAgeSeconds"}
    return {names[name]: str(value) if name == "MaxAge" else value for name, value in rule.items()}


def _complete_queue(queue: Queue, properties: Properties, *, is_new: bool) -> None:
    if is_new:
        return
    changed = {name: value for name, value in properties.items() if name not in {"QueueName", "Tags"}}
    queue._set_attributes(changed)  # noqa: SLF001  # moto has no public name for it


def _complete_table(table: Table, properties: Properties, *, is_new: bool) -> None:
    backend = dynamodb_backends[table.account_id][table.region_name]
    recovery = properties.get("PointInTimeRecoverySpecification", {"PointInTimeRecoveryEnabled": False})
    backend.update_continuous_backups(
        table.name, {"PointInTimeRecoveryEnabled": boolean(recovery["PointInTimeRecoveryEnabled"]) == "true"}
    )
    # CloudFormation and the API have different names for the same switch.
    if table.sse_specification:
        table.sse_specification["Enabled"] = boolean(table.sse_specification.get("SSEEnabled")) == "true"
    if is_new:
        return
    table.attr = properties["AttributeDefinitions"]
    wanted = {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", [])}
    present = {index.name for index in table.global_indexes}
    changes = [{"Delete": {"IndexName": name}} for name in present - set(wanted)]
    changes += [{"Create": index} for name, index in wanted.items() if name not in present]
    backend.update_table_global_indexes(table, changes)


def _complete(model: Any, finish: Callable[..., None], *, updates: bool) -> None:
    """Run `finish` after moto has created a resource of the model; `updates`: moto can update it and does its part."""
    create, update = model.create_from_cloudformation_json, model.update_from_cloudformation_json

    def created(
        _cls: Any,
        /,
        resource_name: str,
        cloudformation_json: Properties,
        account_id: str,
        region_name: str,
        **details: Any,
    ) -> Any:
        resource = create(resource_name, cloudformation_json, account_id, region_name, **details)
        finish(resource, cloudformation_json["Properties"], is_new=True)
        return resource

    def updated(_cls: Any, /, original_resource: Any, **change: Any) -> Any:
        resource = update(original_resource=original_resource, **change) if updates else original_resource
        finish(resource, change["cloudformation_json"]["Properties"], is_new=False)
        return resource

    model.create_from_cloudformation_json = classmethod(created)
    model.update_from_cloudformation_json = classmethod(updated)


def _complete_topic(topic: Topic, properties: Properties, *, is_new: bool) -> None:
    # moto would delete the topic and make a new one, which loses its subscriptions.
    if not is_new:
        topic.display_name = properties.get("DisplayName", "")
        topic.kms_master_key_id = properties.get("KmsMasterKeyId", "")


def _permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    """Judge a request by the bucket's policy.

    moto reads no conditions, so a statement against insecure transport would deny everything. Statements with a
    condition are left out: this endpoint is reached over loopback only.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = [statement for statement in policy["Statement"] if "Condition" not in statement]
    return IAMPolicy(json.dumps({**policy, "Statement": statements})).is_action_permitted(action, resource)


class _JsonAttribute:
    """A queue attribute that templates write as an object and the API as JSON text."""

    def __get__(self, queue: Queue | None, owner: type | None = None) -> str | None:
        return None if queue is None else queue.__dict__.get("_redrive_allow_policy")

    def __set__(self, queue: Queue, value: Any) -> None:
        queue.__dict__["_redrive_allow_policy"] = value if isinstance(value, str) else json.dumps(value)


def _keep_policy() -> None:
    """Keep a queue's policy when other attributes are set; moto takes it off."""
    set_attributes = Queue._set_attributes  # noqa: SLF001  # moto has no public name for it

    def set_and_keep(queue: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
        is_new = "_policy_json" not in vars(queue)
        set_attributes(queue, attributes if is_new else {"Policy": queue.policy, **attributes}, now)

    Queue._set_attributes = set_and_keep  # type: ignore[method-assign, assignment]  # noqa: SLF001  # moto offers no other way


def install() -> None:
    """Make moto's CloudFormation do the rest. Once per process."""
    _complete(FakeBucket, _complete_bucket, updates=True)
    _complete(Queue, _complete_queue, updates=False)
    _complete(Topic, _complete_topic, updates=False)
    _complete(Table, _complete_table, updates=False)
    FakeBucket.get_permission = _permission  # type: ignore[method-assign, assignment]  # moto offers no other way
    _keep_policy()
    Queue.redrive_allow_policy = _JsonAttribute()  # type: ignore[attr-defined]  # what moto lacks
    Queue.BASE_ATTRIBUTES.append("RedriveAllowPolicy")
