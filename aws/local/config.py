"""Settings of the embedded cloud, and the environment that its processes run in."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path

from util.settings import Settings, load, whole

PROJECT = Path(__file__).resolve().parents[2]
LOCAL_INI = Path(__file__).with_name("local_config.ini")
HOST = "127.0.0.1"
# The emulator takes any credentials; these are the ones that everybody uses with it.
CREDENTIALS = "testing"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Local:
    """The embedded cloud's own settings. Times in seconds."""

    state: Path
    site_port: int = whole(1, 65535)
    cloud_port: int = whole(1, 65535)
    globus_port: int = whole(1, 65535)
    web_servers: int = whole(1, 64)
    annotators: int = whole(1, 64)
    stop_seconds: int = whole(1, 3600)

    @property
    def folder(self) -> Path:
        """The state folder as an absolute path."""
        return (PROJECT / self.state.expanduser()).resolve()

    @property
    def site_url(self) -> str:
        """Where users reach the site."""
        return f"https://localhost:{self.site_port}"

    @property
    def cloud_url(self) -> str:
        """Where AWS's stand-in answers. Never `localhost`: the site's HSTS would turn plain HTTP there into HTTPS."""
        return f"http://{HOST}:{self.cloud_port}"

    @property
    def globus_url(self) -> str:
        """Where Globus Auth's stand-in answers."""
        return f"http://{HOST}:{self.globus_port}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LocalSettings(Settings):
    """What every program has, and the embedded cloud's section."""

    local: Local


def load_settings(environ: Mapping[str, str] | None = None) -> LocalSettings:
    """Return the settings, from the environment over the ini files. Raises SettingsError."""
    return load(LocalSettings, LOCAL_INI, environ=environ)


def environment(local: Local, region: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which every program talks to the embedded cloud and to nothing else."""
    # Whatever points at a real AWS account or a real Globus must not reach a process of the embedded cloud.
    kept = {key: value for key, value in inherited.items() if not key.startswith(("AWS_", "GLOBUS_SDK_"))}
    direct = ",".join(filter(None, [inherited.get("no_proxy") or inherited.get("NO_PROXY"), HOST, "localhost", "::1"]))
    certificates = local.folder / "tls"
    # Programs that end within the time that a stop leaves them, unless somebody wants it otherwise.
    prompt = {
        "GAS_SQS_WAIT_SECONDS": "3",
        "GAS_ANNOTATOR_STOP_GRACE_SECONDS": str(local.stop_seconds * 3 // 4),
    }
    return (
        prompt
        | kept
        | {
            "AWS_ACCESS_KEY_ID": CREDENTIALS,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GAS_ANNOTATOR_WORK_FOLDER": str(local.folder / "work"),
            "GAS_AWS_ENDPOINT_URL": local.cloud_url,
            "GAS_GAS_SITE_URL": local.site_url,
            "GAS_HOST_PORT": str(local.site_port),
            "GAS_HOST_CERTIFICATE": str(certificates / "site.pem"),
            "GAS_HOST_PRIVATE_KEY": str(certificates / "site.key"),
            "GLOBUS_SDK_SERVICE_URL_AUTH": local.globus_url,
            "NO_PROXY": direct,
            "no_proxy": direct,
            "PYTHONSAFEPATH": "1",
            "PYTHONUNBUFFERED": "1",
        }
    )
