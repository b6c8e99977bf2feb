"""Every error that the service raises itself.

    GasError                      permanent: says whether a retry can help
    ├── SettingsError             permanent   a setting is missing, unknown or bad
    ├── MessageError              permanent   a queue message that nobody can read; carries the raw body
    ├── JobNotFound               permanent   no job has that ID
    ├── NotTheOwner               permanent   the job is another user's
    ├── ProfileNotFound           permanent   no account has that ID
    ├── JobFailed                 permanent   the job cannot be done; the sentence is for its owner
    ├── IllegalTransition         permanent   a job cannot go from that state to this one
    └── Transient                 may pass    the message goes back to its queue and comes again later
        └── Unavailable           may pass    a service is away: the message is held until it is back

Errors of libraries are not wrapped: a boto3 error that nobody expects ends the attempt and the message comes back.
"""

from typing import ClassVar


class GasError(Exception):
    """The root. `permanent` says that a retry cannot help."""

    permanent: ClassVar[bool] = True


class SettingsError(GasError):
    """A setting is missing, unknown or bad; the sentence names key, value and what is allowed."""


class MessageError(GasError):
    """A queue message that cannot be decoded. `body` is the message as it came."""

    def __init__(self, reason: str, body: str) -> None:
        super().__init__(reason)
        self.body = body


class JobNotFound(GasError):
    """No job has that ID."""


class NotTheOwner(GasError):
    """The job belongs to another user."""


class ProfileNotFound(GasError):
    """No account has that ID."""


class JobFailed(GasError):
    """The job cannot be done, now or later. The message is a sentence for the job's owner."""


class IllegalTransition(GasError):
    """The table of transitions in `jobs` does not allow this step."""


class Transient(GasError):
    """Not now: the message goes back and comes again, after `seconds` where that is known."""

    permanent = False

    def __init__(self, reason: str, *, seconds: int | None = None) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Unavailable(Transient):
    """A service that everything needs is away; giving the message back would only use up its receives."""
