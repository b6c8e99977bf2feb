"""The site's certificate: made once, renewed in time, its authority kept."""

import datetime
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from aws.local.certificates import NAMES, ensure_certificate

NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tls"


def _names(certificate: Path) -> list[str]:
    names = x509.load_pem_x509_certificate(certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    return [str(name.value) for name in names.value]


def test_the_certificate_is_for_this_machine_and_its_keys_are_private(folder: Path) -> None:
    authority = ensure_certificate(folder, NOW)
    assert sorted(_names(folder / "site.pem")) == sorted(NAMES)
    assert {stat.S_IMODE(key.stat().st_mode) for key in folder.glob("*.key")} == {0o600}
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(folder / "site.pem", folder / "site.key")


def test_a_good_certificate_is_kept(folder: Path) -> None:
    ensure_certificate(folder, NOW)
    before = (folder / "site.pem").read_bytes()
    ensure_certificate(folder, NOW + datetime.timedelta(days=300))
    assert (folder / "site.pem").read_bytes() == before


def test_a_certificate_about_to_expire_is_renewed_by_the_same_authority(folder: Path) -> None:
    authority = ensure_certificate(folder, NOW)
    site, trusted = (folder / "site.pem").read_bytes(), authority.read_bytes()
    ensure_certificate(folder, NOW + datetime.timedelta(days=370))
    assert (folder / "site.pem").read_bytes() != site
    assert authority.read_bytes() == trusted


def test_a_damaged_certificate_is_made_anew(folder: Path) -> None:
    ensure_certificate(folder, NOW)
    (folder / "site.pem").write_text("")
    ensure_certificate(folder, NOW)
    assert (folder / "site.pem").read_bytes()
