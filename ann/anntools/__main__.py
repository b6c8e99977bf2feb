"""The engine from a shell: ``python -m ann.anntools annotate INPUT``."""

import argparse
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ann.anntools import __version__
from ann.anntools.driver import Choices, annotate, run
from ann.anntools.effects import VEP, VOCABULARIES
from ann.anntools.errors import AnnToolsError
from ann.anntools.refdata import home, installed
from ann.anntools.streams import whole_file

STANDARD = "-"
# BSD sysexits, as other tools of the field use them.
USAGE, BAD_INPUT = 2, 65
MOST_THREADS = 64
FARTHEST = 1_000_000
REFDATA = "refdata"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit code: 0, 2 for usage, 65 for bad input with one sentence on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser(arguments)
    options = parser.parse_args(arguments)
    if wrong := _misuse(options):
        parser.error(wrong)
    try:
        if options.command == REFDATA:
            from ann.anntools import refdata_cli  # noqa: PLC0415  annotating needs none of it, and starts sooner

            return refdata_cli.run(options)
        if STANDARD in (options.input, options.output):
            _pipe(options)
        else:
            run(
                options.input,
                **_choices(options),
                threads=options.threads,
                output=options.output,
                log=options.log,
                summary=options.summary,
            )
    except AnnToolsError as error:
        print(error, file=sys.stderr)  # noqa: T201  the shell's user reads it here
        return BAD_INPUT
    except OSError as error:
        print(f"{error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)  # noqa: T201  as above
        return USAGE
    return 0


def _misuse(options: argparse.Namespace) -> str:
    """Return what is wrong with the names of files, empty where nothing is."""
    if options.command == REFDATA:
        return ""
    names = [options.output, options.log, options.summary, options.parquet]
    if "" in (options.input, *names):
        return "a name of a file is empty"
    given = [os.path.realpath(name) for name in names if name not in (None, STANDARD, os.devnull)]
    if len(set(given)) < len(given):
        return "two outputs have the same name"
    # Python has no stream where the shell closed it.
    if options.input == STANDARD and sys.stdin is None:
        return "standard input is closed"
    if options.output in ((None, STANDARD) if options.input == STANDARD else (STANDARD,)) and sys.stdout is None:
        return "standard output is closed"
    return ""


class Prompt:
    """Standard output that does not wait: whoever reads it has the header at once, and each part when it is done."""

    def write(self, data: Any, /) -> None:
        """Write ``data``."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def _choices(options: argparse.Namespace) -> Choices:
    # Who has fetched references wants them used.
    reference = options.reference or (home() if installed(home()) else None)
    return {
        "assembly": options.assembly,
        "reference": reference,
        "parquet": options.parquet,
        "terms": options.terms,
        "distance": options.distance,
        # Beside standard output nothing is written unless it is asked for.
        "counts": STANDARD not in (options.input, options.output) or bool(options.log or options.summary),
    }


def _pipe(options: argparse.Namespace) -> None:
    """Annotate from standard input or to standard output; log and summary are written only where they are asked for."""
    piped = options.input == STANDARD
    name = "standard input" if piped else os.fsencode(Path(options.input).name).decode("utf-8", "replace")
    with nullcontext(sys.stdin.buffer) if piped else Path(options.input).open("rb") as source:
        if options.output in (None, STANDARD):
            findings = annotate(source, Prompt(), name, **_choices(options))
        else:
            with whole_file(Path(options.output), options.threads) as sink:
                findings = annotate(source, sink, name, **_choices(options))
    for path, text in ((options.log, findings.log), (options.summary, findings.summary_json)):
        if path is not None:
            with whole_file(Path(path)) as sink:
                sink.write(text().encode())


def _threads(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_THREADS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of threads from 1 to {MOST_THREADS}")
    return int(text)


def _distance(text: str) -> int:
    if not text.isdecimal() or int(text) > FARTHEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bases from 0 to {FARTHEST:,}")
    return int(text)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ann.anntools", description=__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    command = commands.add_parser("annotate", help="annotate a VCF")
    command.add_argument("input", metavar="INPUT", help="a VCF, plain, gzip or BGZF; - is standard input")
    command.add_argument("-o", "--output", metavar="OUTPUT", help="where to write; - is standard output")
    command.add_argument("--assembly", metavar="NAME", help="GRCh38, GRCh37, hg18 or rCRS; usually found in the file")
    command.add_argument("--reference", metavar="DIR", help="references made by refdata build; else fetched ones")
    command.add_argument(
        "--distance", metavar="BASES", type=_distance, help="how far upstream and downstream reach; 5000, MT 500"
    )
    command.add_argument(
        "--terms", choices=VOCABULARIES, default=VEP, help="whose terms ANN has; SnpSift reads only snpeff's"
    )
    command.add_argument("--threads", metavar="N", type=_threads, default=1, help="threads that compress a .gz output")
    command.add_argument("--log", metavar="FILE", help="where to write the log")
    command.add_argument("--summary", metavar="FILE", help="where to write the summary, JSON")
    command.add_argument("--parquet", metavar="FILE", help="where to write the table of variants, Parquet")
    if arguments[:1] == [REFDATA]:
        from ann.anntools import refdata_cli  # noqa: PLC0415  as above

        refdata_cli.add_commands(commands)
    else:
        commands.add_parser(REFDATA, help="build, fetch, list, verify and remove references")
    return parser


if __name__ == "__main__":
    # Like other filters, end quietly when the reader of our output goes away.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # Whoever stops us gets no traceback, and half-written files go.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    sys.exit(main())
