"""The arrows between our packages, read from the imports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
OURS = ("web", "ann", "util", "aws")
DAEMONS = ("util.notify", "ann.annotator", "ann.run")
# What a module whose name starts so may import of ours, besides modules of its own kind.
ALLOWED = {
    "ann.anntools": (),
    "util.notify": ("util",),
    "util": ("util",),
    "ann": ("ann.anntools", "util"),
    "web": ("util",),
    "aws": ("util",),
}
# Logic that stays apart from I/O, and what it must not know.
PURE = ("util.jobs", "util.messages", "util.errors", "util.notify.mail", "ann.anntools")
OUTSIDE = ("boto3", "botocore", "flask", "psycopg2", "sqlalchemy", "requests")


def modules() -> Iterator[tuple[str, Path]]:
    for package in OURS:
        for path in sorted((PROJECT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


MODULES = list(modules())


@pytest.mark.parametrize(("module", "path"), MODULES, ids=[name for name, _ in MODULES])
def test_a_module_imports_only_what_the_layers_allow(module: str, path: Path) -> None:
    home = max((package for package in ALLOWED if is_in(module, package)), key=len)
    for imported in imports(path):
        if not imported.startswith(OURS) or imported.split(".")[0] not in OURS:
            continue
        allowed = is_in(imported, home) or any(is_in(imported, package) for package in ALLOWED[home])
        assert allowed, f"{module} imports {imported}"
        if home == "util":
            assert not any(is_in(imported, daemon) for daemon in DAEMONS), f"{module} imports a daemon: {imported}"


@pytest.mark.parametrize("module", PURE)
def test_pure_logic_knows_no_service(module: str) -> None:
    found = [(name, path) for name, path in MODULES if is_in(name, module)]
    assert found
    for name, path in found:
        for imported in imports(path):
            assert imported.split(".")[0] not in OUTSIDE, f"{name} imports {imported}"


def test_util_knows_neither_flask_nor_the_engine() -> None:
    for name, path in MODULES:
        if is_in(name, "util"):
            assert not {imported.split(".")[0] for imported in imports(path)} & {"flask", "ann"}, name


def test_no_module_bears_the_name_of_a_standard_one() -> None:
    assert not [name for name, path in MODULES if path.stem in sys.stdlib_module_names]


def test_no_file_touches_the_import_path() -> None:
    assert not [name for name, path in MODULES if "sys.path" in path.read_text(encoding="utf-8")]
