"""The state of the emulated cloud on disk: one snapshot of moto's backends, and the bytes of S3 objects beside it.

    FOLDER/snapshot       a line that names the format and the version of moto, then the pickled backends
    FOLDER/objects/<id>   the bytes of one S3 object; written once, never changed

A snapshot is written to a temporary file, synchronized and renamed, so that a crash leaves the old one or the new one.
"""

import copyreg
import dataclasses
import errno
import functools
import io
import os
import pickle
import threading
import uuid
from pathlib import Path
from typing import Any, BinaryIO

import moto
import moto.backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.s3.models import FakeKey, S3BackendDict

from util.errors import GasError

# What is kept. moto has two hundred services; these are the ones that the GAS talks to.
SERVICES = (
    "autoscaling", "cloudformation", "cloudwatch", "dynamodb", "ec2", "elbv2", "glacier", "iam", "s3",
    "secretsmanager", "ses", "sns", "sqs", "ssm", "sts",
)  # fmt: skip
HEADER = f"GAS snapshot 1, moto {moto.__version__}\n".encode()
# moto remembers every receipt handle of every message that was ever deleted; beyond this many a queue forgets them.
REMEMBERED_RECEIPTS = 10_000
# A reloaded lock would hang whoever asks for it: a snapshot names the type, and loading makes a new one.
_LOCKS = {kind: kind for kind in (threading.Condition, threading.Event)} | {
    type(threading.Lock()): threading.Lock,
    type(threading.RLock()): threading.RLock,
}


class SnapshotError(GasError):
    """The state cannot be read or written; the sentence names the path and the reason."""


@dataclasses.dataclass(frozen=True)
class _Bytes:
    """The bytes of an S3 object, by the name of their file."""

    name: str


class _Pickler(pickle.Pickler):
    """Pickles backends: locks as new ones, backends of other services by name, bytes of objects by file."""

    def __init__(self, file: BinaryIO, objects: Path, written: set[str]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._objects = objects
        self._written = written
        self.kept: set[str] = set()
        # A table of types is looked up in C, where a method that pickle asks about every object would be Python.
        self.dispatch_table = {
            **copyreg.dispatch_table,
            **dict.fromkeys(_LOCKS, _fresh),
            BackendDict: _by_name,
            S3BackendDict: _by_name,
            FakeKey: self._reduce_key,
            _Bytes: lambda content: (_read_object, (content.name,)),
        }

    def _reduce_key(self, key: FakeKey) -> tuple[Any, ...]:
        """Pickle an S3 object without its bytes, which are written unless they are on disk already."""
        name: str = vars(key).setdefault("_gas_file", uuid.uuid4().hex)
        if name not in self._written:
            _write(self._objects / name, b"" if key.disposed else key.value)
            self._written.add(name)
        self.kept.add(name)
        state = {field: value for field, value in vars(key).items() if field not in {"_value_buffer", "lock"}}
        return _new, (FakeKey,), state | {"value": _Bytes(name)}


class _Unpickler(pickle.Unpickler):
    """Reads what _Pickler wrote."""

    def __init__(self, file: BinaryIO, objects: Path) -> None:
        super().__init__(file)
        self._objects = objects

    def find_class(self, module_name: str, global_name: str) -> Any:
        """Return what a name in the snapshot stands for; bytes are read from the folder of this snapshot."""
        found = super().find_class(module_name, global_name)
        return functools.partial(_read_object, self._objects) if found is _read_object else found


def _new(kind: Any) -> Any:
    return kind.__new__(kind)


def _fresh(lock: Any) -> tuple[Any, tuple[()]]:
    return _LOCKS[type(lock)], ()


def _by_name(backends: BackendDict[Any]) -> tuple[Any, tuple[str]]:
    return _backends_of, (backends.service_name,)


def _read_object(folder: Path, name: str) -> bytes:
    return (folder / name).read_bytes()


class Snapshot:
    """The state of moto in a folder. Only one thread at a time may use moto or this while a method runs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "snapshot"
        self._objects = folder / "objects"
        self._written: set[str] = set()

    def prepare(self) -> None:
        """Make the folder and see that it can be written. Raises SnapshotError."""
        try:
            self._objects.mkdir(parents=True, exist_ok=True)
            _write(self._path.with_name("writable"), b"x" * 4096)
            self._path.with_name("writable").unlink()
        except OSError as error:
            raise _refusal("written", self._path.parent, error) from error

    def load(self) -> None:
        """Fill moto's backends from the snapshot, if there is one. Raises SnapshotError; the file stays."""
        try:
            with self._path.open("rb") as file:
                header = file.readline(len(HEADER) * 2)
                if header != HEADER:
                    raise SnapshotError(
                        f"the state in {self._path} is {header[:80]!r}; this version reads {HEADER!r} only. Start the "
                        "version that wrote it, or remove the state folder (make reset) and begin anew"
                    )
                state = _Unpickler(file, self._objects).load()
        except FileNotFoundError as error:
            if error.filename != str(self._path):
                raise SnapshotError(f"the state in {self._path} is damaged: {error.filename} is missing") from error
            return
        except OSError as error:
            raise _refusal("read", self._path, error) from error
        except (
            pickle.UnpicklingError,
            EOFError,
            AttributeError,
            ImportError,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            raise SnapshotError(f"the state in {self._path} is damaged and cannot be read: {error}") from error
        _restore(state)
        self._written = {path.name for path in self._objects.iterdir()}

    def dump(self) -> "Dump":
        """Return the state as it is now; the bytes of new objects are written already. Raises SnapshotError."""
        _forget()
        with io.BytesIO() as buffer:
            pickler = _Pickler(buffer, self._objects, self._written)
            try:
                pickler.dump(_collect())
            except OSError as error:
                raise _refusal("written", self._objects, error) from error
            return Dump(state=buffer.getvalue(), objects=frozenset(pickler.kept))

    def write(self, dump: "Dump") -> None:
        """Put a dump in place of the snapshot, then drop the bytes of objects that are gone. Raises SnapshotError.

        moto may work meanwhile, but no other dump may be made.
        """
        try:
            _write(self._path, HEADER + dump.state, synchronize=True)
            for path in self._objects.iterdir():
                if path.name not in dump.objects:
                    path.unlink()
            self._written &= dump.objects
        except OSError as error:
            raise _refusal("written", self._path, error) from error


@dataclasses.dataclass(frozen=True)
class Dump:
    """The pickled backends, and the names of the objects whose bytes they refer to."""

    state: bytes
    objects: frozenset[str]


def _backends_of(service: str) -> Any:
    get: Any = moto.backends.get_backend  # typed for literal names only
    return get(service)


def _collect() -> dict[str, Any]:
    """Return the backends by service, account and region, in plain dictionaries."""
    services = {name: _backends_of(name) for name in SERVICES}
    return {
        "backends": {
            name: {account: dict(regions) for account, regions in kept.items()} for name, kept in services.items()
        },
        "buckets": services["s3"].bucket_accounts,
    }


def _restore(state: dict[str, Any]) -> None:
    for name, accounts in state["backends"].items():
        for account, regions in accounts.items():
            _backends_of(name)[account].update(regions)
    _backends_of("s3").bucket_accounts.update(state["buckets"])


def _forget() -> None:
    """Drop what moto keeps for tests that look inside, and that would grow for ever."""
    reset_model_data()
    for _account, _region, backend in _backends_of("sns").iter_backends():
        for topic in backend.topics.values():
            topic.sent_notifications.clear()
    for _account, _region, backend in _backends_of("sqs").iter_backends():
        for queue in backend.queues.values():
            if len(queue.deleted_messages) > REMEMBERED_RECEIPTS:
                queue.deleted_messages.clear()


def _write(path: Path, content: bytes, *, synchronize: bool = False) -> None:
    """Put a file in place whole, or leave what was there."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb") as file:
        file.write(content)
        if synchronize:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)


def _refusal(verb: str, path: Path, error: OSError) -> SnapshotError:
    reason = "the disk is full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else error.strerror
    return SnapshotError(f"the state in {path} cannot be {verb}: {reason}")
