"""Every page as people have it before them: on a desk and on a phone, by eye, by keyboard and by screen reader."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.people import GOLDEN, PAGE_SIZE, Annotators, Person, mail_about
from tests.service import PROJECT, Site, Visitor

pytestmark = pytest.mark.browser

SCREENSHOTS = PROJECT / "artifacts" / "screenshots"
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SAMPLE = GOLDEN / "sample_mt.vcf"
OVERFLOW = "document.scrollingElement.scrollWidth - window.innerWidth"
# What axe does not ask for: its rules on headings and names count some of these as moderate.
FLAWS = """() => {
    const flaws = [];
    if (!document.documentElement.lang) flaws.push("the page names no language");
    if (!document.title) flaws.push("the page has no title");
    const heads = document.querySelectorAll("h1").length;
    if (heads !== 1) flaws.push(`the page has ${heads} h1`);
    for (const image of document.querySelectorAll("img:not([alt])")) flaws.push(`no alt: ${image.outerHTML}`);
    for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
        if (!control.labels.length && !control.ariaLabel) flaws.push(`no label: ${control.outerHTML}`);
    for (const control of document.querySelectorAll("button, a[href]"))
        if (!control.textContent.trim() && !control.ariaLabel) flaws.push(`no name: ${control.outerHTML}`);
    return flaws;
}"""
LogIn = Callable[..., Person]


@pytest.fixture(scope="package")
def axe() -> Axe:
    """Return the checker of accessibility."""
    return Axe()


@pytest.fixture
def look(axe: Axe) -> Callable[..., None]:
    """Return how a page is looked at: it is photographed in both sizes and must have no flaw."""

    def look_at(person: Person, name: str) -> None:
        flaws = []
        for size, viewport in SIZES.items():
            person.page.set_viewport_size(viewport)
            photograph(person, f"{name}-{size}")
            if (pixels := person.page.evaluate(OVERFLOW)) > 0:
                flaws.append(f"{size}: the page is {pixels} pixels too wide")
        found = axe.run(person.page, options={"resultTypes": ["violations"], "iframes": False})
        flaws += [
            f"{violation['impact']}: {violation['help']}: {[node['html'] for node in violation['nodes']]}"
            for violation in found.response["violations"]
            if violation["impact"] in {"serious", "critical"}
        ]
        assert flaws + person.page.evaluate(FLAWS) == [], name

    return look_at


def photograph(person: Person, name: str) -> None:
    """Keep a picture of the page for whoever wants to look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    person.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


def finished_jobs(site: Site, name: str, *files: tuple[str, bytes]) -> list[str]:
    """Submit files without a browser, one after the other; return the IDs of their jobs when the mails are there."""
    with Visitor(site) as visitor:
        visitor.log_in(name)
        job_ids = [visitor.submit(content, file_name) for file_name, content in files]
    for job_id in job_ids:
        mail_about(site, job_id)
    return job_ids


def test_pages_that_everybody_sees_are_fit_to_read(visit: Callable[..., Person], look: Callable[..., None]) -> None:
    stranger = visit()
    stranger.open("/")
    look(stranger, "home-logged-out")
    stranger.expects(404)
    stranger.open("/nowhere")
    look(stranger, "error-404-logged-out")


def test_pages_about_the_user_are_fit_to_read(visit: Callable[..., Person], look: Callable[..., None]) -> None:
    grace = visit()
    grace.open("/login")
    for size, viewport in SIZES.items():
        # Not ours: the stand-in for Globus.
        grace.page.set_viewport_size(viewport)
        photograph(grace, f"picker-{size}")
    grace.log_in("Grace Hopper")
    grace.open("/profile")
    look(grace, "profile")
    grace.expects(400)
    grace.page.get_by_label("Email").fill("nobody")
    grace.page.get_by_role("button", name="Save").click()
    expect(grace.page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    look(grace, "profile-problem")
    for path, name in (("/", "home-logged-in"), ("/subscribe", "subscribe"), ("/logout", "logout")):
        grace.open(path)
        look(grace, name)
    grace.page.get_by_role("button", name="Log out").last.click()
    expect(grace.page.get_by_role("heading", level=1)).to_have_text("You are logged out")
    look(grace, "logged-out")
    grace.page.get_by_role("link", name="Genomics Annotation Service").click()
    expect(grace.page.get_by_role("link", name="Log in to start")).to_be_visible()


def test_the_upload_page_is_fit_to_read(log_in: LogIn, look: Callable[..., None], tmp_path: Path) -> None:
    rosalind = log_in("Rosalind Franklin")
    rosalind.open("/annotate")
    look(rosalind, "annotate")
    large = tmp_path / "whole_genome_of_a_large_cohort.vcf"
    large.write_bytes(SAMPLE.read_bytes() * 60)
    rosalind.choose(large)
    expect(rosalind.page.get_by_role("alert")).to_be_visible()
    look(rosalind, "annotate-problem")
    rosalind.open("/annotations")
    look(rosalind, "list-empty")


def test_the_page_of_a_job_is_fit_to_read_in_every_status(
    log_in: LogIn, annotators: Annotators, look: Callable[..., None], tmp_path: Path
) -> None:
    barbara = log_in("Barbara McClintock")
    with annotators.held():
        barbara.submit(SAMPLE)
        barbara.sees_status("PENDING")
        look(barbara, "job-pending")
        annotators.let_them_claim()
        barbara.sees_status("RUNNING")
        look(barbara, "job-running")
    barbara.sees_status("COMPLETED")
    look(barbara, "job-completed")
    barbara.page.get_by_role("link", name="view", exact=True).click()
    look(barbara, "log")
    bad = tmp_path / ("a_very_long_name_without_any_place_to_break_it_" * 4 + ".vcf")
    bad.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    barbara.submit(bad)
    barbara.sees_status("FAILED")
    look(barbara, "job-failed")


def test_the_list_and_the_mailbox_are_fit_to_read_and_have_pages(
    site: Site, log_in: LogIn, look: Callable[..., None]
) -> None:
    files = [(f"cohort_{number}.vcf", SAMPLE.read_bytes()) for number in range(PAGE_SIZE)]
    bad = ("a_very_long_name_without_any_place_to_break_it_" * 4 + ".vcf", b"no VCF\n")
    job_ids = finished_jobs(site, "Nettie Stevens", *files, bad)
    nettie = log_in("Nettie Stevens")
    nettie.open("/annotations")
    look(nettie, "list-full")
    seen = nettie.page.locator("tbody .job-id").all_inner_texts()
    assert len(seen) == PAGE_SIZE
    nettie.page.get_by_role("link", name="Older »").click()
    nettie.page.wait_for_url("**token=*")
    seen += nettie.page.locator("tbody .job-id").all_inner_texts()
    assert len(set(seen)) == len(seen)
    assert set(job_ids) <= set(seen)
    look(nettie, "list-older")
    nettie.page.get_by_role("link", name="« Newest").click()
    expect(nettie.page.locator("tbody .job-id").first).to_have_text(seen[0])
    nettie.open(site.mailbox)
    look(nettie, "mailbox")
    nettie.opens_mail(job_ids[0])
    look(nettie, "mail-completed")
    nettie.opens_mail(job_ids[-1])
    look(nettie, "mail-failed")
    nettie.open(site.mailbox.replace("/mailbox", "/mailbox/") + mail_about(site, job_ids[0])["id"] + "/html")
    photograph(nettie, "mail-html")


def test_pages_of_errors_are_fit_to_read(site: Site, log_in: LogIn, look: Callable[..., None]) -> None:
    [job_id] = finished_jobs(site, "Nettie Stevens", ("hers.vcf", SAMPLE.read_bytes()))
    gregor = log_in("Gregor Mendel")
    gregor.expects(403, 404)
    for path, name in ((f"/annotations/{job_id}", "error-403"), ("/annotations/none", "error-404")):
        gregor.open(path)
        look(gregor, name)


def test_a_file_can_be_uploaded_by_keyboard_alone(log_in: LogIn) -> None:
    ada = log_in("Ada Lovelace")
    ada.open("/annotate")
    ada.page.keyboard.press("Tab")
    expect(ada.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(ada.page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    reached = [focused(ada)]
    while reached[-1] != "Upload and annotate" and len(reached) < 30:
        ada.page.keyboard.press("Tab")
        reached.append(focused(ada))
        if reached[-1] == "VCF file":
            with ada.page.expect_file_chooser() as waiting:
                ada.page.keyboard.press("Space")
            waiting.value.set_files(SAMPLE)
    actions = ["New annotation", "My annotations", "Ada Lovelace", "Log out"]
    controls = ["Genome assembly", "VCF file", "Upload and annotate"]
    assert [name for name in reached if name in actions + controls] == actions + controls
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_url("**/annotations/*-*")
    ada.sees_status("COMPLETED")


def focused(person: Person) -> str:
    """Return the name of what has the keyboard's focus."""
    name: str = person.page.evaluate(
        "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim().replace(/\\s+/g, ' ')"
    )
    return name


def test_the_skip_link_leads_past_the_navigation(visit: Callable[..., Person]) -> None:
    stranger = visit()
    stranger.open("/")
    stranger.page.keyboard.press("Tab")
    stranger.page.keyboard.press("Enter")
    stranger.page.keyboard.press("Tab")
    assert focused(stranger) == "Log in to start"


def test_a_script_that_is_not_the_sites_own_neither_runs_nor_reaches_another_host(visit: Callable[..., Person]) -> None:
    stranger = visit()
    stranger.open("/")
    stranger.page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
    }""")
    assert stranger.page.evaluate("window.ran") is None
    assert stranger.page.evaluate("fetch('https://192.0.2.1/').then(() => 'sent', () => 'refused')") == "refused"
    assert len([text for text in stranger.takes_back_complaints() if "Content Security Policy" in text]) >= 2


def test_the_session_is_out_of_the_reach_of_scripts_and_other_sites(log_in: LogIn, site: Site) -> None:
    ada = log_in("Ada Lovelace")
    ada.open("/annotations")
    assert ada.page.evaluate("document.cookie") == ""
    cookies = ada.context.cookies(site.url)
    assert cookies
    for cookie in cookies:
        assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Lax"), cookie["name"]
