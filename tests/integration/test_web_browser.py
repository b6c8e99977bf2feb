"""What only a browser shows: the upload script, the page that follows a job, and life without scripts."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from aws.local.certificates import ensure_certificate
from tests.integration.conftest import Stack
from tests.waiting import wait_for
from util.jobs import Job, Status

pytestmark = pytest.mark.browser

RUN_GAS = Path(__file__).parents[2] / "web" / "run_gas.sh"
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
VCF = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
DROP = """([zone, name]) => {
    const data = new DataTransfer();
    data.items.add(new File(["##fileformat=VCFv4.2\\n"], name));
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def site(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a web server as an operator does; return its address."""
    authority = ensure_certificate(stack.state.path / "tls")
    url = stack.settings.gas.site_url
    log = tmp_path_factory.mktemp("web") / "gas.log"
    with log.open("wb") as output:
        server = subprocess.Popen([RUN_GAS, "console"], env=stack.environ, stdout=output, stderr=output, cwd="/")

    def answers() -> bool:
        try:
            return requests.get(f"{url}/healthz", verify=str(authority), timeout=5).ok
        except requests.ConnectionError:
            assert server.poll() is None, log.read_text()
            return False

    try:
        wait_for("the web server", answers)
        yield url
    finally:
        server.terminate()
        server.wait(30)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Start the browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def ada(chromium: Chromium, site: str) -> Iterator[BrowserContext]:
    """Return a browser in which Ada is logged in."""
    context = chromium.new_context(ignore_https_errors=True, base_url=site)
    page = context.new_page()
    page.goto("/login")
    page.get_by_role("button", name="Ada Lovelace").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    yield context
    context.close()


@pytest.fixture
def page(ada: BrowserContext) -> Iterator[Page]:
    """Return a page that may not break its own content policy."""
    page = ada.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.close()
    assert not [text for text in complaints if "Content Security Policy" in text or "Error:" in text]


def choose(page: Page, name: str, content: bytes = VCF) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": content})


def send(page: Page) -> None:
    page.get_by_role("button", name="Upload and annotate").click()


@pytest.mark.parametrize("name", ["test.vcf", 'a "quoted" <b>name</b> ~ü🧬'.replace("/", "") + ".vcf"])
def test_a_chosen_file_becomes_a_job_under_its_own_name(page: Page, stack: Stack, name: str) -> None:
    page.goto("/annotate")
    page.get_by_label("Genome assembly").select_option("rCRS")
    choose(page, name)
    send(page)
    page.wait_for_url("**/annotations/*-*")
    expect(page.locator("#job")).to_contain_text(name)
    job = stack.store.get(page.url.rpartition("/")[2])
    assert (job.input_file_name, job.requested_assembly, job.input_bytes) == (name, "rCRS", len(VCF))


def test_a_dropped_file_can_be_sent(page: Page) -> None:
    page.goto("/annotate")
    page.evaluate(DROP, [page.locator("#drop-zone").element_handle(), "dropped.vcf"])
    send(page)
    page.wait_for_url("**/annotations/*-*")
    expect(page.locator("#job")).to_contain_text("dropped.vcf")


def test_going_back_leads_to_a_form_for_another_job(page: Page) -> None:
    page.goto("/annotate")
    for name in ("first.vcf", "second.vcf"):
        choose(page, name)
        send(page)
        page.wait_for_url("**/annotations/*-*")
        expect(page.locator("#job")).to_contain_text(name)
        page.go_back()
        page.wait_for_url("**/annotate")


@pytest.mark.parametrize(
    ("name", "content", "sentence", "may_upgrade"),
    [
        ("big.vcf", b"x" * 153_601, "153,601 bytes; your plan allows files of up to 150 KB (153,600 bytes).", True),
        ("paper.pdf", VCF, "paper.pdf is no VCF by its name", False),
        ("empty.vcf", b"", "empty.vcf is empty.", False),
        ("x" * 200 + ".vcf", VCF, "at most 200 bytes", False),
    ],
)
def test_a_file_that_cannot_be_annotated_is_refused_before_it_is_sent(
    page: Page, name: str, content: bytes, sentence: str, *, may_upgrade: bool
) -> None:
    page.goto("/annotate")
    choose(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("link", name="Upgrade to Premium")).to_be_visible(visible=may_upgrade)
    send(page)
    assert page.url.endswith("/annotate")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("EntityTooLarge", "The file is too large: your plan allows files of up to 150 KB"),
        ("AccessDenied", "This page is too old to upload with. Reload it"),
        ("Unheard", "The storage refused the file (Unheard). Try again."),
    ],
)
def test_what_s3_refuses_is_said_in_a_sentence(page: Page, stack: Stack, code: str, sentence: str) -> None:
    def refuse(route: Route) -> None:
        origin = {"Access-Control-Allow-Origin": "*"}
        route.fulfill(status=400, body=f"<Error><Code>{code}</Code></Error>", headers=origin)

    page.route(f"{stack.settings.aws.endpoint_url}/**", refuse)
    page.goto("/annotate")
    choose(page, "test.vcf")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Upload and annotate")).to_be_enabled()


def test_a_lost_connection_is_said_in_a_sentence(page: Page, stack: Stack) -> None:
    page.route(f"{stack.settings.aws.endpoint_url}/**", lambda route: route.abort())
    page.goto("/annotate")
    choose(page, "test.vcf")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Check your connection")


def test_without_scripts_s3_leads_back_to_the_job(chromium: Chromium, ada: BrowserContext, site: str) -> None:
    context = chromium.new_context(
        ignore_https_errors=True, java_script_enabled=False, base_url=site, storage_state=ada.storage_state()
    )
    page = context.new_page()
    page.goto("/annotate")
    choose(page, "plain form 🧬.vcf")
    send(page)
    page.wait_for_url("**/annotations/*-*")
    expect(page.locator("#job")).to_contain_text("plain form 🧬.vcf")
    context.close()


def submitted(page: Page, stack: Stack) -> Job:
    """Upload a file and return its job, which no annotator takes."""
    page.goto("/annotate")
    choose(page, "followed.vcf")
    send(page)
    page.wait_for_url("**/annotations/*-*")
    return stack.store.get(page.url.rpartition("/")[2])


def test_the_page_of_a_job_follows_it_to_its_end(page: Page, stack: Stack) -> None:
    job = submitted(page, stack)
    expect(page.locator("#job .badge")).to_have_text("PENDING")
    claimed = stack.store.claim(job.job_id, worker="test", now=0, lease_seconds=60)
    assert claimed
    stack.store.report_progress(claimed, 4521)
    expect(page.locator("#job")).to_contain_text("4,521 variants so far", timeout=20_000)
    outputs = {"s3_results_bucket": "gas-results", "s3_key_result_file": "x", "s3_key_log_file": "y"}
    stack.store.complete(claimed, now=1, outputs=outputs)
    expect(page.locator("#job .badge")).to_have_text(str(Status.COMPLETED), timeout=20_000)
    expect(page.get_by_role("link", name="download")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("The job is COMPLETED.")


def test_the_first_key_leads_to_the_content(page: Page) -> None:
    page.goto("/annotations")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


@pytest.mark.parametrize("path", ["/", "/annotate", "/annotations", "/profile", "/subscribe", "/logout", "/nowhere"])
def test_a_page_fits_a_phone(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
