"""People at real browsers, and the annotators that they wait for."""

import contextlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import BrowserContext, ConsoleMessage, Download, FrameLocator, Page, Request, expect

from aws.local.processes import family
from tests.service import PROJECT, Site
from tests.waiting import wait_for

GIVEN = PROJECT.parent / "shared" / "data" / "vcf"
GOLDEN = PROJECT / "tests" / "golden"
OWN_HOSTS = {"localhost", "127.0.0.1"}
PAGE_SIZE = 5  # jobs on one page of the list
PATIENCE = 30_000  # milliseconds
JOB_PAGE = re.compile(r"/annotations/[0-9a-f]{8}-[0-9a-f-]{27}$")


def vcf(given: str, ours: str) -> Path:
    """Return the file that was handed to the project, or one of our own where that is absent."""
    path = GIVEN / given
    return path if path.exists() else GOLDEN / ours


class Person:
    """Somebody at a browser of their own. What the browser complains about is kept, and fails the test at its end."""

    def __init__(self, site: Site, context: BrowserContext) -> None:
        self.site = site
        self.context = context
        self._complaints: list[str] = []
        # The stand-ins for Globus and AWS have no icon, and browsers ask for one.
        self._expected = [f" at {url}/favicon.ico" for url in (site.local.globus_url, site.local.cloud_url)]
        context.set_default_timeout(PATIENCE)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self._complaints.append(f"page error: {error.error}"))
        context.on("request", self._watch)
        context.on("requestfailed", self._hear_failure)
        self.page: Page = context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} or "Content Security Policy" in message.text:
            self._complaints.append(f"console: {message.text} at {message.location['url']}")

    def _watch(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in OWN_HOSTS:
            self._complaints.append(f"a request leaves this machine: {request.url}")

    def _hear_failure(self, request: Request) -> None:
        # A download ends its navigation, and a page that is left ends its requests: both are called aborted.
        if request.failure != "net::ERR_ABORTED":
            self._complaints.append(f"failed: {request.method} {request.url}: {request.failure}")

    def expects(self, *statuses: int) -> None:
        """Take it for no complaint that the browser says that a page came with one of these statuses."""
        self._expected += [f"the server responded with a status of {status} " for status in statuses]

    def complaints(self) -> list[str]:
        """Return what the browser has complained about, as far as it was not to be expected."""
        return [text for text in self._complaints if not any(expected in text for expected in self._expected)]

    def takes_back_complaints(self) -> list[str]:
        """Return the complaints so far, which then count no more: they were to be expected."""
        complaints, self._complaints = self.complaints(), []
        return complaints

    def open(self, path: str) -> Page:
        """Go to a page of the site, or to any other address."""
        self.page.goto(path if path.startswith("http") else self.site.url + path)
        return self.page

    def log_in(self, name: str) -> None:
        """Log in by the account picker."""
        self.open("/login")
        self.page.get_by_role("button", name=name).click()
        expect(self.page.get_by_role("button", name="Log out")).to_be_visible()

    def choose(self, file: Path) -> None:
        """Choose a file in the form of the upload page."""
        self.page.get_by_label("VCF file").set_input_files(file)

    def drop(self, *files: Path) -> None:
        """Drop files on the form of the upload page, as a file manager does."""
        zone = self.page.locator("#drop-zone")
        zone.scroll_into_view_if_needed()
        box = zone.bounding_box()
        assert box
        browser = self.context.new_cdp_session(self.page)
        data = {"items": [], "files": list(map(str, files)), "dragOperationsMask": 1}
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for kind in ("dragEnter", "dragOver", "drop"):
            browser.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
        browser.detach()

    def send(self) -> str:
        """Send the chosen file; return the ID of the job, whose page opens."""
        self.page.get_by_role("button", name="Upload and annotate").click()
        self.page.wait_for_url(JOB_PAGE)
        return self.page.url.rpartition("/")[2]

    def submit(self, file: Path) -> str:
        """Upload a file by the site's own form; return the ID of the job, whose page opens."""
        self.open("/annotate")
        self.choose(file)
        return self.send()

    def sees_status(self, status: str) -> None:
        """Wait until the job's page, left alone, shows the status."""
        expect(self.page.locator("#job .badge")).to_have_text(status)

    def download(self, link: str) -> Download:
        """Follow a link of the page that downloads."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=link, exact=True).click()
        return waiting.value

    def opens_mail(self, job_id: str) -> FrameLocator:
        """Wait for the mail about a job, open it in the mailbox and return it."""
        mail = mail_about(self.site, job_id)
        self.open(self.site.mailbox)
        self.page.locator(f'a[href$="{mail["id"]}"]').click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(mail["subject"])
        return self.page.frame_locator("iframe")

    def comes_back_by_mail(self, job_id: str) -> None:
        """Follow the link of the mail about a job; it opens in a tab of its own."""
        link = self.opens_mail(job_id).get_by_role("link", name=job_id)
        with self.context.expect_page() as waiting:
            link.click()
        self.page.close()
        self.page = waiting.value
        self.page.wait_for_load_state()


class Annotators:
    """The annotator of a site that has one, and the processes that its jobs run in."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def _leader(self) -> psutil.Process:
        programs = family(self._site.local.folder)
        [leader] = [process for process in programs if process.cmdline()[-1].endswith("ann/annotator.py")]
        return leader

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep every job PENDING for the length of the block, or RUNNING once `let_them_claim` was called."""
        leader = self._leader()
        workers = leader.children(recursive=True)
        assert workers, "the process that jobs are forked from starts with the first job; run one before"
        for process in [leader, *workers]:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in [leader, *workers]:
                process.send_signal(signal.SIGCONT)

    def let_them_claim(self) -> None:
        """Let jobs be taken, but not begun: what they are forked from is still held."""
        self._leader().send_signal(signal.SIGCONT)


def mail_about(site: Site, job_id: str) -> dict[str, str]:
    """Wait for the mail about a job and return it."""
    return wait_for(
        f"the mail about job {job_id}", lambda: next((mail for mail in site.mails() if job_id in mail["text"]), None)
    )
