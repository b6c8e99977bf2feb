"""Faults on order: the next calls of a service fail, so that tests can see what the daemons make of it.

    POST   /_gas/faults   {"service": "ses", "action": "SendEmail", "times": 2, "error": "Throttling", "status": 400}
    GET    /_gas/faults   the faults that are still to come
    DELETE /_gas/faults   the service works again

Only `service` is required. `action` is as in `calls`, every action without it; `times` counts HTTP requests, retries
of the SDK included, and is endless without it; without `error` the answer is a bare HTTP 503, as from a service that is
away.
"""

import dataclasses
import json
import threading

from werkzeug.wrappers import Request, Response

from aws.local.calls import Call
from aws.local.refusals import Refusal


@dataclasses.dataclass
class Fault:
    """What goes wrong, and how often it still will; `times` None: until it is taken back."""

    service: str
    action: str | None = None
    times: int | None = None
    error: str | None = None
    status: int | None = None

    def strikes(self, call: Call) -> bool:
        """Tell whether the call is one that fails."""
        return self.service == call.service and self.action in {None, call.action} and self.times != 0

    def response(self) -> Response:
        """Return the answer of the failing service."""
        if self.error is None:
            return Response("", self.status or 503)
        return Refusal(self.status or 400, self.error, "A fault that was ordered.").response(self.service)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def strike(self, call: Call) -> Response | None:
        """Return the answer of a call that fails, and count it; None: the call goes on."""
        with self._lock:
            for fault in self._faults:
                if fault.strikes(call):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault.response()
        return None

    def answer(self, request: Request) -> Response:
        """Order, show or take back faults."""
        with self._lock:
            self._faults = [fault for fault in self._faults if fault.times != 0]
            if request.method == "DELETE":
                self._faults = []
            elif request.method == "POST":
                try:
                    self._faults.append(_fault_of(request.get_data(as_text=True)))
                except ValueError as error:
                    return Response(f"{error}\n", 400)
            shown = json.dumps([dataclasses.asdict(fault) for fault in self._faults])
        return Response(shown, content_type="application/json")


def _fault_of(text: str) -> Fault:
    """Return the fault of an order. Raises ValueError with a sentence."""
    values = json.loads(text)
    kinds = {"service": str, "action": str, "times": int, "error": str, "status": int}
    if not isinstance(values, dict) or "service" not in values:
        raise ValueError(f"a fault is an object with `service`, not {text!r}")
    for name, value in values.items():
        if name not in kinds or type(value) is not kinds[name]:
            raise ValueError(f"a fault cannot have {name} = {value!r}; allowed are {', '.join(kinds)}")
    return Fault(**values)
