"""Whether the server can listen where its settings say, with the certificate that they name."""

import socket
import ssl
from pathlib import Path

from util.errors import SettingsError


def check_address(host: str) -> None:
    """Refuse an address that this machine does not have. Raises SettingsError."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host.strip("[]"), 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.bind(address)
    # A name with a label that is too long is a UnicodeError.
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"the setting [app] host is {host!r}; allowed is an address of this machine, such as 0.0.0.0: {error}"
        ) from error


def check_certificate(certificate: Path, private_key: Path) -> None:
    """Refuse a certificate and key that cannot be read or do not belong together. Raises SettingsError."""
    try:
        for path in (certificate, private_key):
            path.open("rb").close()
    except OSError as error:
        raise SettingsError(
            f"[host] certificate or private_key: the file {path} cannot be read: {error.strerror}"
        ) from error
    try:
        # Nobody is there to type a password; without one given here, OpenSSL would ask for it.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, private_key, password="")
    except ssl.SSLError as error:
        raise SettingsError(
            f"[host] certificate {certificate} and private_key {private_key} are no PEM files of one certificate "
            f"and its key without a password: {error}"
        ) from error
