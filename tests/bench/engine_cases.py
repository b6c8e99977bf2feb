"""What is measured: each case runs our engine and its peers and returns a section of the table."""

import gzip
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.engine_files import SAMPLES, Files
from tests.bench.engine_measure import Command, Result, measure
from tests.bench.engine_peers import Peers
from tests.bench.engine_sources import SOURCES
from tests.bench.engine_table import Bar, Row, Section

ENGINE = (sys.executable, "-m", "ann.anntools")
SAMPLE_FILES = Path(__file__).parents[3] / "shared" / "data" / "vcf"
REPEATED = 100_000  # records that a sample file is repeated to
ORIGINAL = (22, 380)  # variants/s of the original AnnTools, slowest and fastest sample file
RATE = "{:,.0f}/s"
PEAK = "{:,.0f} MB"
SECONDS = "{:.1f} s"
PASSES = (
    "bcftools takes one file of intervals in a pass: eight passes in a pipe, with VCF or uncompressed BCF between",
    "them, or, fastest, one pass with a table of all eight that was made and sorted beforehand.",
)
FLAT_MEMORY = Bar(most=500, unit=PEAK)


@dataclass
class Bench:
    """The files, the peers, and the references, which are built anew in every run since the engine may have changed."""

    files: Files
    peers: Peers
    _built: dict[str, Result] = field(default_factory=dict)

    def ours(self, vcf: Path, reference: str | None, *more: str, tool: str = "ours", cores: int = 1) -> Command:
        """Return the command that annotates ``vcf``; ``reference`` is a name of `reference`, None what is shipped."""
        where = ["--reference", str(self.files.folder / f"reference_{reference}")] if reference else []
        output = [] if "-o" in more else ["-o", "-"]
        stage = [*ENGINE, "annotate", str(vcf), "--assembly", "GRCh37", *where, *output, *more]
        return Command(tool=tool, stages=[stage], cores=cores)

    def reference(self, name: str, count: int, *, genes: bool) -> Row:
        """Build the reference ``name`` of the first ``count`` sources, once in a run; return the row about it."""
        if name not in self._built:
            recipe = self.files.recipe(name, count, genes=genes)
            target = self.files.folder / f"reference_{name}"
            build = [*ENGINE, "refdata", "build", "--sources", str(recipe), "--out", str(target)]
            command = Command(tool=f"ours, refdata build of {name}", stages=[build])
            self._built[name] = measure([command], self.files.folder, 1)[0]
        return row(f"{count} sources" + (", genes, sequence" if genes else ""), self._built[name])

    def measure(self, commands: Sequence[Command]) -> list[Result]:
        """Run the commands as often as the scale says."""
        return measure(commands, self.files.folder, self.files.scale.repeats)


def row(name: str, result: Result, records: int | None = None, bars: Sequence[tuple[Bar, float]] = ()) -> Row:
    """Return the row of one result."""
    if result.failure:
        return Row(input=name, tool=result.tool, failure=result.failure)
    return Row(
        input=name,
        tool=result.tool,
        seconds=result.seconds,
        busy=result.busy,
        spread=result.spread if result.runs > 1 else None,
        rate=records / result.seconds if records else None,
        peak=result.peak,
        bars=bars,
    )


def compared(name: str, ours: Result, peer: Result, records: int, bar: Bar | None) -> Row:
    """Return the row of a peer with how many times as fast ours is; both did ``records``."""
    if ours.failure or peer.failure:
        return row(name, peer, records)
    ratio = peer.seconds / ours.seconds
    return Row(
        input=name,
        tool=peer.tool,
        seconds=peer.seconds,
        busy=peer.busy,
        spread=peer.spread,
        rate=records / peer.seconds,
        peak=peer.peak,
        ratio=ratio,
        bars=[(bar, ratio)] if bar else [],
    )


def marginal(few: Result, many: Result, records: int) -> float | None:
    """Return records/s once started: ``records`` more in ``many`` than in ``few``; None where one failed."""
    if few.failure or many.failure or many.seconds <= few.seconds:
        return None
    return records / (many.seconds - few.seconds)


def joined(bench: Bench, vcf: Path, records: int, count: int, bars: tuple[float | None, float | None]) -> list[Row]:
    """Return the rows of ``count`` sources joined to ``vcf``; ``bars`` are for bcftools and vcfanno."""
    name = f"{records:,} records"
    reference = "eight" if count == len(SOURCES) else "one"
    built = bench.reference(reference, count, genes=False)
    ours, *peers = bench.measure([bench.ours(vcf, reference), *bench.peers.intervals(vcf, count)])
    limits = [bars["vcfanno" in peer.tool] for peer in peers]
    rows = [row(name, ours, records)]
    rows += [
        compared(name, ours, peer, records, None if limit is None else Bar(least=limit))
        for peer, limit in zip(peers, limits, strict=True)
    ]
    return [built, *rows]


def eight(bench: Bench) -> Section:
    """Eight interval sources, sites only."""
    records = bench.files.scale.main
    rows = joined(bench, bench.files.vcf(records), records, len(SOURCES), (6, 15))
    return Section(title="Eight interval sources, sites only", notes=PASSES, rows=rows)


def one(bench: Bench) -> Section:
    """One interval source, sites only."""
    records = bench.files.scale.main
    rows = joined(bench, bench.files.vcf(records), records, 1, (2, None))
    return Section(title="One interval source, sites only", notes=[], rows=rows)


def cohort(bench: Bench) -> Section:
    """Eight interval sources, genotypes of many samples."""
    records = bench.files.scale.cohort
    rows = joined(bench, bench.files.vcf(records, SAMPLES), records, len(SOURCES), (4.5, None))
    return Section(title=f"Eight interval sources, {SAMPLES} samples", notes=PASSES, rows=rows)


def bgzf(bench: Bench) -> Section:
    """BGZF output, eight interval sources."""
    records = bench.files.scale.main
    vcf = bench.files.vcf(records)
    built = bench.reference("eight", 8, genes=False)
    packed = str(bench.files.folder / "annotated.vcf.gz")
    one_thread, two = bench.measure(
        [
            bench.ours(vcf, "eight", "-o", packed, tool="ours, BGZF"),
            bench.ours(vcf, "eight", "-o", packed, "--threads", "2", tool="ours, BGZF, two threads and cores", cores=2),
        ]
    )
    name = f"{records:,} records"
    rows = [row(name, one_thread, records), row(name, two, records)]
    if not (one_thread.failure or two.failure):
        gain = one_thread.seconds / two.seconds
        rows = [
            row(name, one_thread, records, [(Bar(least=300_000, unit=RATE), records / one_thread.seconds)]),
            row(name, two, records, [(Bar(least=1.01, unit="{:.2f}x of one thread"), gain)]),
        ]
    return Section(title="BGZF output, eight interval sources", notes=[], rows=[built, *rows])


def consequences(bench: Bench) -> Section:
    """All consequences of all transcripts, whole processes and the marginal record."""
    scale = bench.files.scale
    few, many = bench.files.vcf(scale.small), bench.files.vcf(scale.main)
    built = bench.reference("genes", 0, genes=True)
    results_many, results_few = (bench.measure(_consequences(bench, vcf)) for vcf in (many, few))
    more = scale.main - scale.small
    rates = [marginal(start, end, more) for start, end in zip(results_few, results_many, strict=True)]
    rows = [built]
    for records, results in ((scale.main, results_many), (scale.small, results_few)):
        name = f"{records:,} records"
        rows += [row(name, result, records) for result in results[:2]]
        bar = Bar(least=4) if records == scale.main else None
        rows += [compared(name, results[0], peer, records, bar) for peer in results[2:]]
    tools = [result.tool for result in results_many]
    rows.append(Row(input=f"each of {more:,} more", tool=tools[1], rate=rates[1]))
    del tools[1], rates[1]
    rows += marginal_rows(f"each of {more:,} more", tools, rates, Bar(least=2))
    notes = [
        "csq says nothing of what lies beside a transcript, so ours is compared at --distance 0, and shown at 5,000."
    ]
    return Section(title="All consequences, genome-wide gene models and sequence", notes=notes, rows=rows)


def _consequences(bench: Bench, vcf: Path) -> list[Command]:
    """Return our command that is compared, the same with upstream and downstream, and the peers'."""
    near = bench.ours(vcf, "genes", "--distance", "0", tool="ours, --distance 0")
    return [near, bench.ours(vcf, "genes"), *bench.peers.consequences(vcf)]


def marginal_rows(name: str, tools: Sequence[str], rates: Sequence[float | None], bar: Bar) -> list[Row]:
    """Return rows of rates once started; the first is ours, and the bar is for its ratio to the others."""
    ours = rates[0]
    rows = [Row(input=name, tool=tools[0], rate=ours)]
    for tool, rate in zip(tools[1:], rates[1:], strict=True):
        ratio = ours / rate if ours and rate else None
        rows.append(Row(input=name, tool=tool, rate=rate, ratio=ratio, bars=[(bar, ratio)] if ratio else []))
    return rows


def snpeff(bench: Bench) -> Section:
    """All consequences against SnpEff, on fewer records."""
    sizes = bench.files.scale.snpeff
    built = bench.reference("genes", 0, genes=True)
    rows, found = [built], []
    for records in sizes:
        vcf = bench.files.vcf(records)
        ours, *peers = bench.measure([bench.ours(vcf, "genes"), *bench.peers.snpeff(vcf)])
        name = f"{records:,} records"
        rows += [row(name, ours, records), *(compared(name, ours, peer, records, None) for peer in peers)]
        found.append([ours, *peers])
    more = sizes[1] - sizes[0]
    rates = [marginal(start, end, more) for start, end in zip(found[0], found[1], strict=True)]
    rows += marginal_rows(f"each of {more:,} more", [result.tool for result in found[0]], rates, Bar(least=40))
    notes = ["SnpEff starts slowly, so its bar is for the record once started; whole processes only widen the ratio."]
    return Section(title="All consequences, against SnpEff", notes=notes, rows=rows)


def whole(bench: Bench) -> Section:
    """Run the whole job at three sizes, for rate and memory."""
    scale = bench.files.scale
    built = bench.reference("everything", len(SOURCES), genes=True)
    rows = [built]
    for records in (scale.small, scale.main, scale.large):
        repeats = 1 if records == scale.large else None
        vcf = bench.files.vcf(records)
        command = bench.ours(vcf, "everything", *reports(bench.files.folder), tool="ours, whole job")
        result = bench.measure([Command(tool=command.tool, stages=command.stages, repeats=repeats)])[0]
        bars = []
        if not result.failure:
            bars.append((FLAT_MEMORY, result.peak / 1e6))
            if records >= scale.main:
                bars.append((Bar(least=100_000, unit=RATE), records / result.seconds))
        rows.append(row(f"{records:,} records", result, records, bars))
    title = "The whole job: consequences, eight sources, log, summary, Parquet"
    return Section(title=title, notes=[], rows=rows)


def reports(folder: Path) -> list[str]:
    """Return the options that ask for everything that a job delivers."""
    kinds = {"--log": "job.count.log", "--summary": "job.summary.json", "--parquet": "job.variants.parquet"}
    return [word for option, name in kinds.items() for word in (option, str(folder / name))]


def first_byte(bench: Bench) -> Section:
    """How long the first byte of the result takes, with the reference that is shipped."""
    vcf = bench.files.vcf(bench.files.scale.small)
    started = bench.ours(vcf, None, tool="ours, first byte of output")
    imports = Command(
        tool="Python that imports NumPy and PyArrow, for comparison",
        stages=[[sys.executable, "-c", "import numpy, pyarrow, pyarrow.compute"]],
    )
    found = bench.measure([Command(tool=started.tool, stages=started.stages, first_byte=True), imports])
    bars = [] if found[0].failure else [(Bar(most=0.4, unit=SECONDS), found[0].seconds)]
    rows = [row("shipped GRCh37", found[0], None, bars), row("", found[1])]
    return Section(title="From the start to the first byte", notes=[], rows=rows)


def samples(bench: Bench) -> Section:
    """Run the whole job on the sample files that the original AnnTools was timed on."""
    rows = []
    for path in sorted(SAMPLE_FILES.glob("*.vcf*")):
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = content.splitlines(keepends=True)
        head = [line for line in lines if line.startswith(b"#")]
        body = [line if line.endswith(b"\n") else line + b"\n" for line in lines if not line.startswith(b"#")]
        times = -(-REPEATED // len(body))
        repeated = bench.files.folder / "repeated.vcf"
        repeated.write_bytes(b"".join(head) + times * b"".join(body))
        options = ["-o", "-", *reports(bench.files.folder)]
        commands = [
            Command(tool=f"ours, whole job{title}", stages=[[*ENGINE, "annotate", str(file), *options]])
            for title, file in (("", path), (f", records {times} times", repeated))
        ]
        cold, many = bench.measure(commands)
        repeated.unlink()
        rows += [sample_row(path.name, cold, len(body), None), sample_row(path.name, many, times * len(body), cold)]
    notes = [
        f"The original did {ORIGINAL[0]} to {ORIGINAL[1]} variants/s on these files; the ratio is to its fastest.",
        "A file that a start outlasts says nothing of the rate, so the bars are for its records repeated.",
    ]
    return Section(title="The sample files", notes=notes if rows else ["They are not beside the project."], rows=rows)


def sample_row(name: str, result: Result, records: int, cold: Result | None) -> Row:
    """Return the row of a sample file; bars are for repeated records, which is where ``cold`` is given."""
    if result.failure:
        return row(name, result)
    rate = records / result.seconds
    limits = [(Bar(least=1000, unit="{:,.0f}x"), rate / ORIGINAL[1]), (Bar(least=100_000, unit=RATE), rate)]
    shown = row(name, result, records, limits if cold else [])
    return Row(**{**vars(shown), "ratio": rate / ORIGINAL[1]})


CASES: Mapping[str, Callable[[Bench], Section]] = {
    case.__name__: case for case in (eight, one, cohort, bgzf, consequences, snpeff, whole, first_byte, samples)
}
