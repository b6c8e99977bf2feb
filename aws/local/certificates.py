"""The site's TLS certificate, and the authority of this state folder that signs it."""

import datetime
from pathlib import Path

import trustme
from cryptography import x509

from aws.local.state import write_private

NAMES = ("localhost", "127.0.0.1", "::1")
# Browsers refuse certificates that are valid for more than 398 days.
LIFETIME = datetime.timedelta(days=397)
RENEW_BEFORE = datetime.timedelta(days=30)


def ensure_certificate(folder: Path, now: datetime.datetime | None = None) -> Path:
    """Make or renew `site.pem` and `site.key` in the folder; return the authority's certificate, which to trust.

    The authority is kept, so that whoever trusts it once need not do so again.
    """
    now = now or datetime.datetime.now(datetime.UTC)
    authority, site = folder / "authority.pem", folder / "site.pem"
    if _expires(site) - RENEW_BEFORE > now:
        return authority
    folder.mkdir(mode=0o700, exist_ok=True)
    key = folder / "authority.key"
    if authority.exists() and key.exists():
        signer = trustme.CA.from_pem(authority.read_bytes(), key.read_bytes())
    else:
        signer = trustme.CA(organization_name="Genomics Annotation Service", organization_unit_name="this machine")
        write_private(key, signer.private_key_pem.bytes())
        write_private(authority, signer.cert_pem.bytes())
    issued = signer.issue_cert(*NAMES, not_before=now - datetime.timedelta(days=1), not_after=now + LIFETIME)
    write_private(folder / "site.key", issued.private_key_pem.bytes())
    write_private(site, b"".join(part.bytes() for part in issued.cert_chain_pems))
    return authority


def _expires(certificate: Path) -> datetime.datetime:
    """Return when the certificate ends; the distant past for one that is not there or cannot be read."""
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (FileNotFoundError, ValueError):
        return datetime.datetime.min.replace(tzinfo=datetime.UTC) + RENEW_BEFORE
