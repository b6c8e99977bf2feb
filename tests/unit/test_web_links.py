"""Ways back after a log-in, and names of downloads."""

import pytest
from werkzeug.http import parse_options_header

from web.links import attachment, safe_next


@pytest.mark.parametrize("target", ["/", "/annotations", "/annotations?token=a%2Fb", "/annotations/x/log#end", "/a//b"])
def test_a_path_of_this_site_is_a_safe_way_back(target: str) -> None:
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "annotations",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        " /annotations",
    ],
)
def test_what_could_lead_to_another_site_is_no_way_back(target: str | None) -> None:
    assert safe_next(target) is None


@pytest.mark.parametrize(
    "file_name",
    [
        "test.annot.vcf",
        "two words.vcf",
        'say "hi".vcf',
        "100%.vcf",
        "a;b=c.vcf",
        "back\\slash.vcf",
        "Müller.vcf",
        "ゲノム.vcf.gz",
        "🧬.vcf",
        "line\r\nSet-Cookie: x.vcf",
    ],
)
def test_a_download_keeps_its_name(file_name: str) -> None:
    header = attachment(file_name)
    assert header.isascii()
    assert header.isprintable()
    value, options = parse_options_header(header)
    assert (value, options["filename"]) == ("attachment", file_name)


def test_an_old_browser_gets_a_plain_name_too() -> None:
    assert attachment("Müller 100%.vcf") == (
        "attachment; filename=\"M_ller 100_.vcf\"; filename*=UTF-8''M%C3%BCller%20100%25.vcf"
    )
