"""Refusals: the error answers of AWS, in the three spellings that its services have."""

import json
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

# The services that speak JSON; the others of the GAS answer in XML.
JSON_SERVICES = frozenset({"dynamodb", "secretsmanager", "sqs"})


class Refusal(Exception):
    """A request that AWS would refuse: HTTP status, AWS's code, a sentence, and further elements of the answer."""

    def __init__(self, status: int, code: str, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.details = details

    def response(self, service: str = "s3") -> Response:
        """Return the answer as the service would give it."""
        if service in JSON_SERVICES:
            body = json.dumps({"__type": self.code, "message": self.sentence})
            headers = {"x-amzn-errortype": self.code}
            return Response(body, self.status, headers, content_type="application/x-amz-json-1.0")
        elements = {"Code": self.code, "Message": self.sentence, **self.details}
        error = "<Error>" + "".join(f"<{name}>{escape(str(text))}</{name}>" for name, text in elements.items())
        error += "</Error>"
        if service != "s3":
            error = f"<ErrorResponse>{error}<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', self.status, content_type="application/xml")
