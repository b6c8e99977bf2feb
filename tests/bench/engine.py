"""The annotation engine beside the tools that its users would pick instead. `make bench-engine` runs it.

Every input is made from a fixed seed. The table goes to standard output and into the folder of files.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench.engine_cases import CASES, Bench
from tests.bench.engine_files import FULL, QUICK, Files
from tests.bench.engine_machine import describe
from tests.bench.engine_measure import say
from tests.bench.engine_peers import Peers
from tests.bench.engine_table import render


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table."""
    options = parser().parse_args(arguments)
    scale = QUICK if options.quick else FULL
    bench = Bench(files := Files(options.work / scale.name, scale), Peers(files, install=not options.no_install))
    about = describe(bench.peers.versions)
    about += [f"- Missing: {program}." for program in bench.peers.missing]
    if options.quick:
        about.append("- Quick: two chromosomes and few records, so the bars, which are for the whole, only guide.")
    sections = []
    for name in options.only or CASES:
        say(f"{name}: {(CASES[name].__doc__ or '').splitlines()[0]}")
        sections.append(CASES[name](bench))
    page = render(about, sections)
    (files.folder / "table.md").write_text(page)
    sys.stdout.write(page)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    made.add_argument("--quick", action="store_true", help="two chromosomes and few records: minutes")
    made.add_argument("--only", action="append", choices=list(CASES), metavar="NAME", help=", ".join(CASES))
    made.add_argument("--no-install", action="store_true", help="leave peers out that are not installed")
    made.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "bench-engine",
        metavar="DIR",
        help="folder of the files that are made, kept for the next run (full size: 20 GB)",
    )
    return made


if __name__ == "__main__":
    main()
