"""The mail that tells a user how a job ended. Pure: no AWS, no clock."""

import dataclasses
import unicodedata
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from util.helpers import local_time
from util.jobs import Job, Status
from util.profiles import Profile

# A subject is one line; mail programs cut it off somewhere near this many characters anyway.
LONGEST_NAME_IN_SUBJECT = 60

_templates = Environment(
    loader=PackageLoader("util.notify"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail as plain text and HTML."""

    subject: str
    text: str
    html: str


def compose(job: Job, profile: Profile, *, site_url: str, zone: ZoneInfo) -> Mail:
    """Return the mail for a job that is COMPLETED or FAILED."""
    completed = job.job_status is Status.COMPLETED
    count = job.variant_count or 0
    values = {
        "job": job,
        "name": profile.name,
        "link": f"{site_url}/annotations/{job.job_id}",
        "submitted": local_time(job.submit_time, zone),
        "finished": local_time(job.complete_time or job.submit_time, zone),
        "completed": completed,
        "count": "1 variant" if count == 1 else f"{count:,} variants",
    }
    outcome = "is annotated" if completed else "could not be annotated"
    return Mail(
        subject=f"{_one_line(job.input_file_name)} {outcome}",
        text=_templates.get_template("finished.txt").render(values),
        html=_templates.get_template("finished.html").render(values),
    )


def _one_line(name: str) -> str:
    """Return the name without control characters, cut where it is too long for a subject."""
    printable = "".join(letter for letter in name if not unicodedata.category(letter).startswith("C"))
    if len(printable) <= LONGEST_NAME_IN_SUBJECT:
        return printable
    return printable[: LONGEST_NAME_IN_SUBJECT - 1] + "…"
