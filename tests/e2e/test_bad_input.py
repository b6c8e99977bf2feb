"""What goes wrong at a browser: files that are none, names that are odd, people who have left."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from tests.e2e.people import GOLDEN, JOB_PAGE, Person, vcf

pytestmark = pytest.mark.browser

SMALL = (GOLDEN / "sample_mt.vcf").read_bytes()
LIMIT = 153_600
PREMIUM_1 = vcf("premium_1.vcf", "sample_mt.vcf")
LogIn = Callable[..., Person]


@pytest.fixture
def gregor(log_in: LogIn) -> Person:
    """Return a user of the Free plan who looks at the upload page."""
    gregor = log_in("Gregor Mendel")
    gregor.open("/annotate")
    return gregor


@pytest.fixture
def sent(gregor: Person) -> list[Request]:
    """Return the requests that the browser makes to change something."""
    sent: list[Request] = []
    gregor.context.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    return sent


def test_a_file_over_the_free_limit_is_refused_with_an_invitation_to_upgrade(
    gregor: Person, sent: list[Request], tmp_path: Path
) -> None:
    large = tmp_path / "large.vcf"
    content = PREMIUM_1.read_bytes()
    large.write_bytes(content * (LIMIT // len(content) + 1))
    gregor.choose(large)
    gregor.page.get_by_role("button", name="Upload and annotate").click()
    problem = gregor.page.get_by_role("alert")
    expect(problem).to_contain_text(f"{large.stat().st_size:,} bytes; your plan allows files of up to 150 KB")
    assert sent == []
    problem.get_by_role("link", name="Upgrade to Premium").click()
    gregor.page.wait_for_url("**/subscribe")
    expect(gregor.page.get_by_role("heading", level=1)).to_have_text("Premium")


def test_a_file_just_within_the_free_limit_is_annotated(gregor: Person, tmp_path: Path) -> None:
    full = tmp_path / "full.vcf"
    head, separator, rows = SMALL.partition(b"#CHROM")
    comment = b"##filler=" + b"x" * (LIMIT - len(SMALL) - 10) + b"\n"
    full.write_bytes(head + comment + separator + rows)
    assert full.stat().st_size == LIMIT
    gregor.choose(full)
    gregor.send()
    gregor.sees_status("COMPLETED")


def test_a_file_over_the_limit_that_comes_past_the_browsers_check_is_refused_by_s3(
    gregor: Person, log_in: LogIn, tmp_path: Path
) -> None:
    large = tmp_path / "large.vcf"
    large.write_bytes(SMALL + b"\n" * LIMIT)
    naive = log_in("Gregor Mendel", java_script_enabled=False)
    naive.expects(400)
    naive.open("/annotate")
    naive.choose(large)
    naive.page.get_by_role("button", name="Upload and annotate").click()
    expect(naive.page.locator("body")).to_contain_text("EntityTooLarge")
    gregor.open("/annotations")
    assert "large.vcf" not in gregor.page.content()


@pytest.mark.parametrize("name", ["paper.pdf", "calls.txt", "vcf", ".vcf", "calls.vcf.zip"])
def test_a_wrong_ending_is_refused_before_anything_is_sent(
    gregor: Person, sent: list[Request], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(SMALL)
    gregor.choose(tmp_path / name)
    gregor.page.get_by_role("button", name="Upload and annotate").click()
    expect(gregor.page.get_by_role("alert")).to_contain_text(f"{name} is no VCF by its name")
    expect(gregor.page.get_by_role("alert").get_by_role("link")).to_have_count(0)
    assert sent == []


def test_two_dropped_files_are_one_too_many(gregor: Person, tmp_path: Path) -> None:
    files = [tmp_path / "a.vcf", tmp_path / "b.vcf"]
    for file in files:
        file.write_bytes(SMALL)
    gregor.drop(*files)
    expect(gregor.page.get_by_role("alert")).to_have_text("Drop one file at a time.", use_inner_text=True)


@pytest.mark.parametrize(
    "name", ['it\'s "quoted" & 100%.vcf', "🧬 été~2~.vcf", "<script>document.title='x'<b>.vcf", "x" * 196 + ".vcf"]
)
def test_an_odd_name_is_shown_as_it_is_everywhere(gregor: Person, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(SMALL)
    gregor.choose(file)
    job_id = gregor.send()
    expect(gregor.page.locator("#job bdi")).to_have_text(name)
    expect(gregor.page).to_have_title(re.compile(rf"^{re.escape(name)} . Genomics Annotation Service$"))
    gregor.sees_status("COMPLETED")
    given = gregor.download(name)
    assert given.path().read_bytes() == SMALL
    assert given.suggested_filename == saved_name(name)
    assert gregor.download("download").suggested_filename == saved_name(f"{name.removesuffix('.vcf')}.annot.vcf")
    gregor.page.get_by_role("link", name="view", exact=True).click()
    expect(gregor.page.locator("main bdi")).to_have_text(name)
    gregor.open("/annotations")
    expect(gregor.page.locator("tr", has_text=job_id).locator("bdi")).to_have_text(name)
    expect(gregor.opens_mail(job_id).locator("strong")).to_have_text(name)


def saved_name(name: str) -> str:
    """Return the name under which Chromium saves: characters that a file system may refuse are replaced."""
    return re.sub(r'[<>:"/\\|?*]', "_", name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("picture.vcf", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8),
        ("cut.vcf.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03cut"),
        (
            "words.vcf",
            b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nMT\ttwelve\t.\tA\tG\t.\t.\t.\n",
        ),
    ],
    ids=["PNG", "truncated gzip", "POS no number"],
)
def test_what_is_no_vcf_fails_with_a_sentence_a_log_and_a_mail(
    gregor: Person, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    gregor.choose(file)
    job_id = gregor.send()
    gregor.sees_status("FAILED")
    reason = gregor.page.locator(".failure").inner_text()
    assert re.fullmatch(r"[A-Z].+\.", reason), reason
    expect(gregor.page.locator("#job")).not_to_contain_text("Annotated Results File")
    gregor.page.get_by_role("link", name="view", exact=True).click()
    expect(gregor.page.get_by_label("Log")).to_contain_text(reason)
    mail = gregor.opens_mail(job_id)
    expect(mail.locator("body")).to_contain_text("could not be annotated")
    expect(mail.locator("body")).to_contain_text(reason)
    gregor.comes_back_by_mail(job_id)
    expect(gregor.page.locator("#job .badge")).to_have_text("FAILED")


def test_the_link_that_s3_leads_back_by_makes_no_second_job(gregor: Person, tmp_path: Path) -> None:
    file = tmp_path / "once.vcf"
    file.write_bytes(SMALL)
    gregor.choose(file)
    with gregor.page.expect_request("**/annotate/job?*") as waiting:
        job_id = gregor.send()
    gregor.open(waiting.value.url)
    assert gregor.page.url.endswith(job_id)
    gregor.open("/annotations")
    expect(gregor.page.get_by_role("link", name=job_id)).to_have_count(1)


def test_an_upload_of_somebody_else_cannot_be_claimed(gregor: Person, log_in: LogIn, tmp_path: Path) -> None:
    file = tmp_path / "mine.vcf"
    file.write_bytes(SMALL)
    gregor.choose(file)
    with gregor.page.expect_request("**/annotate/job?*") as waiting:
        gregor.send()
    rosalind = log_in("Rosalind Franklin")
    rosalind.expects(403)
    rosalind.open(waiting.value.url)
    expect(rosalind.page.locator("main")).to_contain_text("Not authorized to annotate this file")


def test_after_a_log_out_nothing_private_is_shown(visit: Callable[..., Person], tmp_path: Path) -> None:
    file = tmp_path / "private.vcf"
    file.write_bytes(SMALL)
    nettie = visit()
    nettie.log_in("Nettie Stevens")
    nettie.submit(file)
    nettie.page.wait_for_url(JOB_PAGE)
    nettie.open("/annotations")
    expect(nettie.page.locator("main")).to_contain_text("private.vcf")
    nettie.page.get_by_role("button", name="Log out").click()
    expect(nettie.page.get_by_role("heading", level=1)).to_have_text("You are logged out")
    # Back asks the server, which sends the browser to log in; and so does a reload of what it shows then.
    nettie.page.go_back()
    assert "private.vcf" not in nettie.page.content()
    nettie.page.reload()
    expect(nettie.page.get_by_role("button", name="Nettie Stevens")).to_be_visible()
    assert "private.vcf" not in nettie.page.content()
    nettie.open("/annotations")
    expect(nettie.page.get_by_role("button", name="Nettie Stevens")).to_be_visible()
