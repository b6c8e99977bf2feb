"""The ports that the embedded cloud needs: free, or a sentence that says who has them."""

import contextlib
import socket
from collections.abc import Mapping

import psutil

from aws.local.state import LocalError


def require_free(ports: Mapping[str, int]) -> None:
    """Check the ports, given by the name of the setting that changes each. Raises LocalError."""
    for setting, port in ports.items():
        others = [name for name, number in ports.items() if number == port and name != setting]
        if others:
            raise LocalError(f"the settings [local] {setting} and {others[0]} are both {port}; each needs its own port")
        with socket.socket() as probe:
            # Without this, connections of the last run that linger in TIME_WAIT would count as a busy port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("", port))
            except OSError as error:
                raise LocalError(
                    f"port {port} is not available: {error.strerror}{_holder(port)}; "
                    f"set [local] {setting} (GAS_LOCAL_{setting.upper()}) to another port, or end what uses it"
                ) from error


def _holder(port: int) -> str:
    """Name the process that listens on the port, where the operating system tells us."""
    with contextlib.suppress(psutil.Error):
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == port and found.pid:
                return f", used by {psutil.Process(found.pid).name()} (process {found.pid})"
    return ""
