"""The policy of a browser upload: who signed it, until when it holds, and what it allows."""

import base64
import binascii
import dataclasses
import datetime
import json
from collections.abc import Mapping
from typing import Any

from aws.local.refusals import Refusal
from aws.local.signatures import ALGORITHM, Credentials

# Fields that a policy need not mention; those that begin with x-ignore- neither.
UNCONDITIONED = frozenset({"policy", "x-amz-signature", "file"})
# What a form may be longer than its file, in bytes, before it is refused unread.
FORM_ROOM = 64 * 2**10


@dataclasses.dataclass(frozen=True)
class Condition:
    """A field must equal a value, or start with it."""

    operator: str
    field: str
    value: str

    def holds(self, found: str) -> bool:
        """Tell whether a form's value satisfies the condition."""
        if self.operator == "eq":
            return found == self.value
        # Content types may come as a list, each of which must match.
        values = found.split(",") if self.field == "content-type" else [found]
        return all(value.startswith(self.value) for value in values)


@dataclasses.dataclass(frozen=True)
class Policy:
    """What a form may hold. Sizes in bytes."""

    expiration: datetime.datetime
    conditions: tuple[Condition, ...]
    smallest: int
    largest: int | None

    def judge(self, fields: Mapping[str, str], bucket: str) -> None:
        """Raise Refusal unless the policy holds still and the fields are what it says."""
        if datetime.datetime.now(datetime.UTC) > self.expiration:
            raise _denied("Policy expired.")
        values = {**fields, "bucket": bucket}
        for condition in self.conditions:
            if condition.field not in values or not condition.holds(values[condition.field]):
                shown = json.dumps([condition.operator, f"${condition.field}", condition.value])
                raise _denied(f"Policy Condition failed: {shown}")
        mentioned = {condition.field for condition in self.conditions} | UNCONDITIONED
        extra = sorted(name for name in fields if name not in mentioned and not name.startswith("x-ignore-"))
        if extra:
            raise _denied(f"Extra input fields: {', '.join(extra)}")

    def refuse_larger(self, size: int, announced: int) -> None:
        """Raise Refusal if the file is larger than allowed so far, or the form says that it is going to be."""
        if self.largest is not None and (size > self.largest or announced > self.largest + FORM_ROOM):
            raise Refusal(
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
                ProposedSize=max(size, announced),
                MaxSizeAllowed=self.largest,
            )

    def refuse_smaller(self, size: int) -> None:
        """Raise Refusal if the whole file is smaller than allowed."""
        if size < self.smallest:
            raise Refusal(
                400,
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=size,
                MinSizeAllowed=self.smallest,
            )


def policy_of(fields: Mapping[str, str], credentials: Credentials) -> Policy:
    """Return the policy that a form carries, its signature checked. Raises Refusal."""
    if "policy" not in fields:
        raise Refusal(403, "AccessDenied", "Access Denied")
    for name in ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"):
        if name not in fields:
            raise Refusal(400, "InvalidArgument", f"Bucket POST must contain a field named '{name}'.")
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise Refusal(400, "InvalidArgument", f"X-Amz-Algorithm only supports {ALGORITHM}")
    credentials.verify(fields["x-amz-credential"], fields["policy"], fields["x-amz-signature"])
    try:
        return _parse(json.loads(base64.b64decode(fields["policy"], validate=True)))
    except (binascii.Error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refusal(400, "InvalidPolicyDocument", f"Invalid Policy: {error}") from error


def _parse(document: Mapping[str, Any]) -> Policy:
    expiration = datetime.datetime.fromisoformat(document["expiration"])
    conditions, smallest, largest = [], 0, None
    for entry in document["conditions"]:
        if isinstance(entry, dict):
            conditions += [Condition("eq", name.lower(), str(value)) for name, value in entry.items()]
            continue
        operator, first, second = entry
        if operator == "content-length-range":
            smallest, largest = int(first), int(second)
        elif operator in {"eq", "starts-with"} and first.startswith("$"):
            conditions.append(Condition(operator, first[1:].lower(), str(second)))
        else:
            raise ValueError(f"unknown condition {entry}")
    return Policy(expiration, tuple(conditions), smallest, largest)


def _denied(reason: str) -> Refusal:
    return Refusal(403, "AccessDenied", f"Invalid according to Policy: {reason}")
