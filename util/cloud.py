"""The only place that makes AWS clients, and the few calls on them that every program shares."""

import functools
import json
from typing import Any

import boto3
from boto3.exceptions import RetriesExceededError, S3UploadFailedError
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as AwsConnectionError

from util.errors import SettingsError
from util.messages import Message
from util.settings import Settings

# Answers that say "not now", whatever the service; see "Common errors" in AWS's API references.
BUSY_CODES = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
SERVER_ERROR = 500


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error answer, such as ConditionalCheckFailedException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_away(error: BaseException) -> bool:
    """Tell whether AWS could not be reached or was too busy: the same call may succeed later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= SERVER_ERROR or error_code(error) in BUSY_CODES
    if isinstance(error, S3UploadFailedError):
        # boto3 hides the answer of S3 behind this one.
        return error.__context__ is not None and is_away(error.__context__)
    if isinstance(error, RetriesExceededError):
        return True
    # Other BotoCoreErrors are ours, such as a bad parameter.
    return isinstance(error, AwsConnectionError | HTTPClientError)


class Cloud:
    """AWS as the settings describe it. Each client is made at its first use; all are safe to share by threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._session = boto3.Session(region_name=settings.aws.region)

    def client(self, service: str) -> Any:
        """Return a new client of a service, with our time-outs, retries and endpoint."""
        return self._session.client(service, **self._options())

    def _options(self) -> dict[str, Any]:
        aws = self._settings.aws
        config = Config(
            connect_timeout=aws.connect_timeout,
            read_timeout=aws.read_timeout,
            retries={"mode": "standard", "total_max_attempts": aws.max_attempts},
            signature_version="v4",
            s3={"addressing_style": "path" if aws.endpoint_url else "virtual"},
        )
        return {"config": config, "endpoint_url": aws.endpoint_url or None}

    def make_clients(self) -> None:
        """Make the clients that jobs need, without a call: a process forked after this has them for nothing."""
        _ = self.s3, self.sns, self._sts, self.annotations_table

    @functools.cached_property
    def s3(self) -> Any:
        """The S3 client."""
        return self.client("s3")

    @functools.cached_property
    def sqs(self) -> Any:
        """The SQS client."""
        return self.client("sqs")

    @functools.cached_property
    def sns(self) -> Any:
        """The SNS client."""
        return self.client("sns")

    @functools.cached_property
    def ses(self) -> Any:
        """The SES client."""
        return self.client("ses")

    @functools.cached_property
    def annotations_table(self) -> Any:
        """The DynamoDB table of jobs; only `store` uses it."""
        resource = self._session.resource("dynamodb", **self._options())
        return resource.Table(self._settings.dynamodb.annotations_table)

    @functools.cached_property
    def _secretsmanager(self) -> Any:
        return self.client("secretsmanager")

    @functools.cached_property
    def _sts(self) -> Any:
        return self.client("sts")

    @functools.cached_property
    def _account(self) -> str:
        return str(self._sts.get_caller_identity()["Account"])

    @functools.cache  # noqa: B019  # a program has one Cloud, and it lives as long as the process
    def queue_url(self, name: str) -> str:
        """Return the URL of a queue."""
        return str(self.sqs.get_queue_url(QueueName=name)["QueueUrl"])

    def publish(self, topic: str, message: Message) -> None:
        """Publish a message on the topic of that name."""
        arn = f"arn:{self._session.get_partition_for_region(self._settings.aws.region)}:sns:"
        arn += f"{self._settings.aws.region}:{self._account}:{topic}"
        self.sns.publish(TopicArn=arn, Message=message.encode())

    def secret(self, name: str) -> dict[str, str]:
        """Return a secret of Secrets Manager that is a JSON object of texts. Raises SettingsError."""
        try:
            text = self._secretsmanager.get_secret_value(SecretId=name)["SecretString"]
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            raise SettingsError(f"Secrets Manager has no secret {name!r}; deploy the data stack first") from error
        values = json.loads(text)
        return {key: str(value) for key, value in values.items()}


__all__ = ["BotoCoreError", "ClientError", "Cloud", "error_code", "is_away"]
