"""The pipeline: read the header, learn the assembly, annotate block by block, report."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from ann.anntools import __version__, own_keys
from ann.anntools.annotation import KEYS, Annotator, Tally
from ann.anntools.assembly import Assembly, find
from ann.anntools.blocks import read
from ann.anntools.errors import AnnToolsError, UnknownAssembly
from ann.anntools.genome import Genome
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS, Limits
from ann.anntools.report import Findings, Report, tally_warnings
from ann.anntools.streams import Counted, Proportionate, Sink, chunks, whole_file
from ann.anntools.writer import render

Progress = Callable[[int, int], None]
SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz")


def run(  # noqa: PLR0913  one keyword per thing a caller may settle, all with defaults
    path: str | Path,
    kind: str = "vcf",
    *,
    assembly: str | None = None,
    output: str | Path | None = None,
    log: str | Path | None = None,
    summary: str | Path | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> Report:
    """Annotate the VCF at ``path`` and return where the results are.

    For X.vcf it writes X.annot.vcf, X.vcf.count.log and X.summary.json beside it, for X.vcf.gz X.annot.vcf.gz (BGZF),
    X.vcf.gz.count.log and X.summary.json, unless ``output``, ``log`` and ``summary`` say otherwise. Each appears
    whole or not at all. ``kind`` is "vcf". ``assembly`` settles what the file does not say. ``name`` is what the log
    and the summary call the input where that is not the name of the file. ``progress`` is called after every block
    with the records done and the bytes read from ``path``.

    Raises BadInput, UnknownAssembly or ReferenceDataError (the log then holds the sentence), OSError where a file
    cannot be read or written, ValueError for another ``kind``.
    """
    if kind != "vcf":
        raise ValueError(f"The input kind {kind!r} is not known; it must be 'vcf'.")
    source = Path(path)
    suffix = next((end for end in reversed(SUFFIXES) if source.name.endswith(end)), "")
    stem = source.name.removesuffix(suffix)
    output = Path(output or source.with_name(f"{stem}.annot{suffix or '.vcf'}"))
    log = Path(log or source.with_name(f"{source.name}.count.log"))
    summary = Path(summary or source.with_name(f"{stem}.summary.json"))
    name = name or source.name
    try:
        with source.open("rb") as stream, whole_file(output) as sink:
            findings = annotate(stream, sink, name, assembly=assembly, progress=progress, limits=limits)
    except AnnToolsError as error:
        with whole_file(log) as sink:
            sink.write(f"Input: {name}\nNot annotated: {error}\n".encode())
        raise
    with whole_file(log) as sink:
        sink.write(findings.log().encode())
    with whole_file(summary) as sink:
        sink.write(findings.summary_json().encode())
    return Report(
        output=output,
        log=log,
        summary=summary,
        variant_count=findings.tally.records,
        assembly=findings.assembly.name,
        engine_version=__version__,
        reference_version=findings.reference_version,
        warnings=findings.warnings,
    )


def annotate(
    source: BinaryIO,
    sink: Sink,
    name: str,
    *,
    assembly: str | None = None,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
) -> Findings:
    """Annotate the VCF that ``source`` holds into ``sink`` and return what there is to report.

    ``name`` is what the report calls the input; the rest, and what is raised, is as in `run`.
    """
    counted = Counted(source)
    header, records = read(chunks(counted, limits), limits)
    first = next(records, None)
    if first is None:
        return _header_only(header, sink, name, assembly)
    found = find(header, [chrom.decode("utf-8", "replace") for chrom in first.contigs()[0]], assembly)
    genome = Genome(found.name, header)
    keys = own_keys.choose(header, first)
    annotator = Annotator(genome, keys.names)
    result = Proportionate(sink, limits)
    result.write(header.with_info(keys.declared()))
    for block in chain([first], records):
        result.allow(block.data.size)
        for part, texts in annotator.annotate(keys.without_earlier(block, header, limits)):
            result.write(render(part, keys.unless_used(part, texts)))
        if progress is not None:
            progress(annotator.tally.records, counted.count)
    return Findings(
        input_name=name,
        fileformat=header.version,
        samples=header.samples,
        assembly=found,
        reference_version=genome.reference.version,
        sources=tuple(genome.sources),
        warnings=(*header.warnings, *found.warnings, *keys.all_warnings(), *tally_warnings(annotator.tally)),
        tally=annotator.tally,
    )


def _header_only(header: Header, sink: Sink, name: str, wanted: str | None) -> Findings:
    """Copy a VCF that has no records; nobody needs to know its assembly."""
    try:
        found = find(header, [], wanted)
    except UnknownAssembly:
        if wanted is not None:
            raise
        found = Assembly("unknown", "there are no records")
    sink.write(header.with_info(KEYS))
    return Findings(
        input_name=name,
        fileformat=header.version,
        samples=header.samples,
        assembly=found,
        reference_version="",
        sources=(),
        warnings=(*header.warnings, *found.warnings),
        tally=Tally(),
    )
