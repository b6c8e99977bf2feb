"""The pipeline: read the header, learn the assembly, annotate block by block, report."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import BinaryIO, TypedDict, Unpack

import pyarrow as pa

from ann.anntools import __version__, own_keys
from ann.anntools.annotation import Annotator, keys
from ann.anntools.blocks import Block, read
from ann.anntools.effects import VEP
from ann.anntools.errors import AnnToolsError
from ann.anntools.genome import Genome, identify, references
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS, Limits
from ann.anntools.own_keys import OwnKeys
from ann.anntools.report import Findings, Report, tally_warnings
from ann.anntools.streams import Counted, Proportionate, Sink, chunks, whole_file
from ann.anntools.variant_table import VariantTable
from ann.anntools.writer import id_edit, info_edit, render

SUFFIXES = (".vcf", ".vcf.gz", ".vcf.bgz")


class Choices(TypedDict, total=False):
    """What a caller may settle of a run.

    ``assembly``: what the file does not say. ``reference``: a folder of references that `ann.anntools.refbuild` made,
    which come before those that the engine ships. ``parquet``: where the table of variants goes, None for none.
    ``terms``: one of `ann.anntools.effects.VOCABULARIES`, how ANN calls consequences. ``distance``: how many bases
    upstream and downstream of a transcript reach, None for what the reference says. ``counts``: False where nobody will
    look at the log or the summary; then only records, and what gives reason to warn, are counted. ``progress``: called
    after every block with the records done and the bytes read. ``limits``: how much is taken.
    """

    assembly: str | None
    reference: str | Path | None
    parquet: str | Path | None
    terms: str
    distance: int | None
    counts: bool
    progress: Callable[[int, int], None] | None
    limits: Limits


def run(
    path: str | Path,
    kind: str = "vcf",
    *,
    output: str | Path | None = None,
    log: str | Path | None = None,
    summary: str | Path | None = None,
    name: str | None = None,
    threads: int = 1,
    **choices: Unpack[Choices],
) -> Report:
    """Annotate the VCF at ``path`` and return where the results are.

    For X.vcf it writes X.annot.vcf, X.vcf.count.log and X.summary.json beside it, for X.vcf.gz X.annot.vcf.gz (BGZF),
    X.vcf.gz.count.log and X.summary.json, unless ``output``, ``log`` and ``summary`` say otherwise; log and summary
    go where the output goes. Each appears whole or not at all. ``kind`` is "vcf". ``name`` is what the log and the
    summary call the input where that is not the name of the file. ``threads`` compress a result in BGZF. The rest is
    as `Choices` says.

    Raises BadInput, UnknownAssembly or ReferenceDataError (the log then holds the sentence), OSError where a file
    cannot be read or written, ValueError for another ``kind``.
    """
    if kind != "vcf":
        raise ValueError(f"The input kind {kind!r} is not known; it must be 'vcf'.")
    source = Path(path)
    suffix = next((end for end in reversed(SUFFIXES) if source.name.endswith(end)), "")
    stem = source.name.removesuffix(suffix)
    output = Path(output or source.with_name(f"{stem}.annot{suffix or '.vcf'}"))
    log = Path(log or output.with_name(f"{source.name}.count.log"))
    summary = Path(summary or output.with_name(f"{stem}.summary.json"))
    # A name need not be UTF-8, the log and the summary are.
    name = name or os.fsencode(source.name).decode("utf-8", "replace")
    try:
        with source.open("rb") as stream, whole_file(output, threads) as sink:
            findings = annotate(stream, sink, name, **choices)
    except AnnToolsError as error:
        with whole_file(log) as sink:
            sink.write(f"Input: {name}\nNot annotated: {error}\n".encode())
        raise
    with whole_file(log) as sink:
        sink.write(findings.log().encode())
    with whole_file(summary) as sink:
        sink.write(findings.summary_json().encode())
    table = choices.get("parquet")
    return Report(
        output=output,
        log=log,
        summary=summary,
        variants=None if table is None else Path(table),
        variant_count=findings.tally.records,
        assembly=findings.assembly.name,
        engine_version=__version__,
        reference_version=findings.reference_version,
        warnings=findings.warnings,
    )


def annotate(source: BinaryIO, sink: Sink, name: str, **choices: Unpack[Choices]) -> Findings:
    """Annotate the VCF that ``source`` holds into ``sink`` and return what there is to report.

    ``name`` is what the report calls the input; the rest, and what is raised, is as in `run`.
    """
    limits, progress = choices.get("limits", LIMITS), choices.get("progress")
    counts = choices.get("counts", True)
    reference, parquet = choices.get("reference"), choices.get("parquet")
    # Arrow's own allocator and NumPy's would each keep what the other could use again: a third more memory.
    pa.set_memory_pool(pa.system_memory_pool())
    counted = Counted(source)
    header, records = read(chunks(counted, limits), limits)
    first = next(records, None)
    given, shipped = references(None if reference is None else Path(reference))
    genome = identify(header, first, choices.get("assembly"), given, shipped)
    genome.distance = choices.get("distance")
    used = own_keys.choose(keys(genome), header, first)
    result = Proportionate(sink, limits)
    result.write(header.with_info(used.declared()))
    with ExitStack() as stack:
        table = None
        if parquet is not None:
            table = stack.enter_context(VariantTable(Path(parquet), genome.contigs, genome.assembly.name))
        annotator = Annotator(genome, used.names, choices.get("terms", VEP), table, counts=counts)
        for block in chain([] if first is None else [first], records):
            result.allow(block.data.size)
            for part in _parts(annotator, used, block, header, limits):
                result.write(part)
            if counts:
                annotator.tally.add_genotypes(block, header.samples)
            if progress is not None:
                progress(annotator.tally.records, counted.count)
    return _findings(name, header, genome, used, annotator)


def _parts(annotator: Annotator, used: OwnKeys, block: Block, header: Header, limits: Limits) -> Iterator[pa.Buffer]:
    """Yield the annotated bytes of a block."""
    for part in annotator.annotate(used.without_earlier(block, header, limits)):
        ids = [] if part.ids is None else [id_edit(part.block, part.ids)]
        yield render(part.block, [*ids, info_edit(part.block, used.unless_used(part.block, part.info))])


def _findings(name: str, header: Header, genome: Genome, used: OwnKeys, annotator: Annotator) -> Findings:
    tally = annotator.tally
    return Findings(
        input_name=name,
        fileformat=header.version,
        samples=header.samples,
        sample_names=header.sample_names,
        assembly=genome.assembly,
        reference_version=genome.reference.version,
        sources=genome.releases,
        warnings=(
            *header.warnings,
            *genome.assembly.warnings,
            *used.all_warnings(),
            *tally_warnings(tally, header.samples),
        ),
        tally=tally,
    )
