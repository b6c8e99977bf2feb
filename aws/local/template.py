"""A CloudFormation template as it was deployed: its resources with every reference resolved."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from util.errors import GasError


class TemplateError(GasError):
    """The template asks for something that cannot be resolved; the sentence names it."""


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short forms, such as !Ref, as the long ones."""


def _long_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = None
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _long_form)


def read_template(path: Path) -> dict[str, Any]:
    """Return the template of a file, in long form."""
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # derives from SafeLoader
    return template


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a deployed stack, without references. `physical_id` is empty where the stack has made none."""

    name: str
    kind: str
    physical_id: str
    properties: dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where and how a template was deployed. `physical_ids` are those of its resources by logical ID."""

    template: Mapping[str, Any]
    parameters: Mapping[str, Any]
    physical_ids: Mapping[str, str]
    region: str
    account: str

    def resources(self) -> Iterator[Resource]:
        """Yield the template's resources, resolved. Raises TemplateError."""
        for name, resource in self.template["Resources"].items():
            yield Resource(
                name=name,
                kind=resource["Type"],
                physical_id=self.physical_ids.get(name, ""),
                properties=self._resolve(resource.get("Properties", {})),
            )

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        function = next(iter(value), "") if len(value) == 1 else ""
        if function == "Ref" or function.startswith("Fn::"):
            return self._call(function, value[function])
        return {name: self._resolve(item) for name, item in value.items()}

    def _call(self, function: str, argument: Any) -> Any:
        if function == "Ref":
            return self._reference(argument)
        if function == "Fn::GetAtt":
            return self._attribute(*argument)
        if function == "Fn::Sub":
            return self._substitute(argument)
        raise TemplateError(f"{function} cannot be resolved here; known are Ref, GetAtt and Sub")

    def _reference(self, name: str) -> Any:
        known = {
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::Partition": "aws",
            **{name: slot.get("Default") for name, slot in self.template.get("Parameters", {}).items()},
            **self.parameters,
            **self.physical_ids,
        }
        if name not in known:
            raise TemplateError(f"Ref {name} names neither a parameter nor a resource of the stack")
        return known[name]

    def _attribute(self, name: str, attribute: str) -> str:
        kind = self.template["Resources"].get(name, {}).get("Type")
        form = _ATTRIBUTES.get((kind, attribute))
        if form is None or name not in self.physical_ids:
            raise TemplateError(f"the attribute {attribute} of {name}, which is {kind}, cannot be resolved")
        physical_id = self.physical_ids[name]
        return form.format(
            id=physical_id, last=physical_id.rsplit("/", 1)[-1], region=self.region, account=self.account
        )

    def _substitute(self, argument: Any) -> str:
        text, own = (argument, {}) if isinstance(argument, str) else argument

        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if name in own:
                return str(self._resolve(own[name]))
            return str(self._attribute(*name.split(".", 1)) if "." in name else self._reference(name))

        return re.sub(r"\$\{([^!}][^}]*)\}", value_of, text)


# What Fn::GetAtt returns, from the physical ID of a resource: `last` is what follows its last slash.
_ATTRIBUTES = {
    ("AWS::S3::Bucket", "Arn"): "arn:aws:s3:::{id}",
    ("AWS::SQS::Queue", "Arn"): "arn:aws:sqs:{region}:{account}:{last}",
    ("AWS::SQS::Queue", "QueueName"): "{last}",
    ("AWS::DynamoDB::Table", "Arn"): "arn:aws:dynamodb:{region}:{account}:table/{id}",
    ("AWS::SecretsManager::Secret", "Id"): "{id}",
}
