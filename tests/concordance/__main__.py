"""Prints how far the engine and the reference tools agree, in Markdown: ``python -m tests.concordance``."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tests.concordance import ensembl, suites
from tests.concordance.comparison import Result
from tests.concordance.peers import SNPEFF

T = TypeVar("T")
INDELS, SIZE, VARIANTS = 5_000, 400_000, 20_000


def results() -> Iterator[Result]:
    """Yield every comparison at its full size."""
    if ensembl.FOLDER.is_dir():
        yield from _in_folder(suites.ensembl_transcripts)
    snpeff = SNPEFF is not None
    for title, records in (
        ("Every SNV of the rCRS", suites.mitochondrial_snvs()),
        (f"{INDELS:,} random indels of the rCRS", suites.mitochondrial_indels(INDELS)),
    ):
        yield from _in_folder(lambda folder: suites.mitochondrial(folder, records, with_snpeff=snpeff, title=title))  # noqa: B023
    yield from _in_folder(lambda folder: suites.synthetic(folder, size=SIZE, count=VARIANTS))


def summary(found: list[Result]) -> str:
    """Return all results as one table."""
    lines = [
        "| comparison | pairs | agree | share | with amino acids | classes of difference |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {r.title} | {r.total:,} | {r.agreed:,} | {r.share:.2%} | {r.proteins:,} | {len(r.classes)} |" for r in found
    ]
    return "\n".join([*lines, ""])


def _in_folder(run: Callable[[Path], T]) -> T:
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder))


def main() -> int:
    """Print the tables; return 1 where a difference is not explained."""
    failed = False
    found = list(results())
    print(summary(found))  # noqa: T201  the reader of a shell command
    for result in found:
        print(result.table(), flush=True)  # noqa: T201  the reader of a shell command
        for case in result.unexplained[:20]:
            print(case, file=sys.stderr)  # noqa: T201  as above
        failed |= bool(result.unexplained)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
