"""Makes the embedded cloud what the templates say: deploys them, proves them, fills in what no template can know."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from aws.local.proofs import prove
from aws.local.template import Deployment, read_template
from util.cloud import Cloud, error_code
from util.errors import GasError
from util.settings import Settings

DATA_TEMPLATE = Path(__file__).parents[1] / "templates" / "data.yaml"
# The longest delivery delay that SQS knows, in seconds.
LONGEST_DELAY = 900


class ProvisionError(GasError):
    """A stack could not be deployed; the sentence names it and the state it is in."""


def provision(settings: Settings, *, accounts_database: Mapping[str, str], globus: Mapping[str, str]) -> None:
    """Deploy and prove the data stack, put the secrets, and let the sender of mails send.

    `accounts_database` has host, port, dbname, username and password, `globus` has client_id and client_secret. Runs at
    each start; where nothing has changed it changes nothing. Raises ProvisionError, ProofError, TemplateError.
    """
    cloud = Cloud(settings)
    parameters = data_parameters(settings)
    deploy(cloud, f"{settings.gas.prefix}-data", DATA_TEMPLATE, parameters, region=settings.aws.region)
    put_secret(cloud, settings.secrets.accounts_database, accounts_database)
    put_secret(cloud, settings.secrets.globus, globus)
    verify_email_identity(cloud, settings.ses.sender)


def data_parameters(settings: Settings) -> dict[str, str]:
    """Return the parameters of the data stack that the settings decide."""
    return {
        "Prefix": settings.gas.prefix,
        "SiteUrl": settings.gas.site_url,
        "ArchiveDelay": str(min(settings.gas.free_user_data_retention, LONGEST_DELAY)),
        "MaxReceives": str(settings.sqs.redrive_receives),
        "VisibilityTimeout": str(settings.sqs.visibility_seconds),
    }


def deploy(cloud: Cloud, stack: str, template: Path, parameters: Mapping[str, str], *, region: str) -> None:
    """Create the stack, or update it where template or parameters differ; prove every resource of it.

    Raises ProvisionError, ProofError, TemplateError.
    """
    cloudformation = cloud.client("cloudformation")
    body = template.read_text(encoding="utf-8")
    present = _describe(cloudformation, stack)
    request = {
        "StackName": stack,
        "TemplateBody": body,
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }
    if present is None:
        cloudformation.create_stack(**request)
    elif _parameters_of(present) != dict(parameters) or _body_of(cloudformation, stack) != body:
        cloudformation.update_stack(**request)
    _refuse_unfinished(stack, _describe(cloudformation, stack))
    resources = (
        cloudformation.get_paginator("list_stack_resources")
        .paginate(StackName=stack)
        .search("StackResourceSummaries[]")
    )
    deployment = Deployment(
        template=read_template(template),
        parameters=parameters,
        physical_ids={found["LogicalResourceId"]: found["PhysicalResourceId"] for found in resources},
        region=region,
        account=cloud.client("sts").get_caller_identity()["Account"],
    )
    prove(cloud, deployment)


def put_secret(cloud: Cloud, name: str, values: Mapping[str, str]) -> None:
    """Make a secret hold the values, beside others that it has already."""
    present = cloud.secret(name)
    if {**present, **values} != present:
        client = cloud.client("secretsmanager")
        client.put_secret_value(SecretId=name, SecretString=json.dumps({**present, **values}))


def verify_email_identity(cloud: Cloud, sender: str) -> None:
    """Let SES send mails from the address; an address that may send already stays as it is."""
    if sender not in cloud.ses.list_identities(IdentityType="EmailAddress")["Identities"]:
        cloud.ses.verify_email_identity(EmailAddress=sender)


def _describe(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    try:
        stacks: list[dict[str, Any]] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error_code(error) != "ValidationError":
            raise
        return None
    return stacks[0]


def _parameters_of(stack: Mapping[str, Any]) -> dict[str, str]:
    return {pair["ParameterKey"]: pair["ParameterValue"] for pair in stack.get("Parameters", [])}


def _body_of(cloudformation: Any, stack: str) -> str:
    return str(cloudformation.get_template(StackName=stack)["TemplateBody"])


def _refuse_unfinished(stack: str, found: Mapping[str, Any] | None) -> None:
    status = found["StackStatus"] if found else "missing"
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise ProvisionError(f"the stack {stack} is {status}; allowed are CREATE_COMPLETE and UPDATE_COMPLETE")
