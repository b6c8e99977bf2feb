"""Busy ports, with real sockets."""

import os
import socket
from collections.abc import Iterator

import pytest

from aws.local.ports import require_free
from aws.local.state import LocalError


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_busy_port_is_refused_naming_the_setting_and_the_holder(busy_port: int) -> None:
    with pytest.raises(LocalError, match=f"port {busy_port} is not available: .*") as refused:
        require_free({"site_port": busy_port})
    assert "GAS_LOCAL_SITE_PORT" in str(refused.value)
    assert f"(process {os.getpid()})" in str(refused.value)


def test_a_port_can_be_used_again_right_after_its_last_user() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()
    require_free({"site_port": port})


def test_two_settings_cannot_name_one_port() -> None:
    with pytest.raises(LocalError, match=r"cloud_port and globus_port are both 4000"):
        require_free({"cloud_port": 4000, "globus_port": 4000})
