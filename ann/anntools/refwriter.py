"""Writes the files of a reference; `ann.anntools.refdata` says what is in them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ann.anntools import gene_columns
from ann.anntools.codons import COMPLEMENT
from ann.anntools.frames import early_stops
from ann.anntools.intervals import expand
from ann.anntools.refdata import DESCRIPTION, FORMAT, GENES, SPLICED, Contig, Release
from ann.anntools.texts import Bytes
from ann.anntools.transcripts import Transcripts

# Bases that are spliced at a time, each of which takes some 40 bytes while it is looked up.
BATCH = 1 << 23
COMPRESSION = pa.Codec("zstd", compression_level=19)


def write_models(
    folder: Path, contigs: Sequence[Contig], models: Mapping[str, Transcripts], sequence: Bytes | None
) -> list[Contig]:
    """Write genes.arrow and spliced.bin, and return ``contigs`` with the places of their parts.

    ``models`` by contig, none of them empty. ``sequence`` is what sequence.bin holds, None for nothing; only contigs
    with a place in it get spliced transcripts.
    """
    placed = []
    options = pa.ipc.IpcWriteOptions(compression=COMPRESSION)
    with (
        pa.OSFile(str(folder / GENES), "wb") as sink,
        pa.ipc.new_file(sink, gene_columns.SCHEMA, options=options) as writer,
        (folder / SPLICED).open("wb") as spliced,
    ):
        batch = 0
        for contig in contigs:
            found = models.get(contig.name)
            if found is None:
                placed.append(replace(contig, batch=None, spliced=None))
                continue
            place = None
            if sequence is not None and contig.sequence is not None:
                place = spliced.tell()
                parts = splice(found, sequence[contig.sequence : contig.sequence + contig.length])
                bases = np.concatenate(list(parts))
                spliced.write(bases.data)
                found = replace(found, early_stop=early_stops(replace(found, spliced=bases)))
            writer.write_batch(gene_columns.pack(found))
            placed.append(replace(contig, batch=batch, spliced=place))
            batch += 1
    if not any(contig.spliced is not None for contig in placed):
        (folder / SPLICED).unlink()
    return placed


def splice(models: Transcripts, sequence: Bytes) -> Iterator[Bytes]:
    """Yield the spliced transcripts one after another, each in its own direction, some at a time, uint8.

    ``sequence`` is the contig's, uint8 capitals.
    """
    start = 0
    while start < len(models):
        reached = models.spliced_offsets[start] + BATCH
        stop = max(int(np.searchsorted(models.spliced_offsets, reached, side="right")) - 1, start + 1)
        first, last = models.exon_offsets[start], models.exon_offsets[stop]
        exons = np.arange(first, last)
        owner = np.repeat(np.arange(start, stop), models.exon_counts[start:stop])
        exons = exons[np.lexsort((models.exon_before[exons], owner))]
        forward = models.strand[owner] > 0
        sizes = models.exon_ends[exons] - models.exon_starts[exons] + 1
        step = np.repeat(np.where(forward, 1, -1), sizes)
        place = np.repeat(np.where(forward, models.exon_starts[exons], models.exon_ends[exons]), sizes) - 1
        place += step * expand(np.zeros_like(sizes), sizes)
        bases = sequence[place]
        yield np.where(step > 0, bases, COMPLEMENT[bases])
        start = stop


def write_description(
    folder: Path,
    *,
    assembly: str,
    version: str,
    contigs: Sequence[Contig],
    releases: Sequence[Release],
    tracks: Sequence[dict[str, Any]],
) -> None:
    """Write reference.json for all files that ``folder`` holds by now, which makes it a reference."""
    files = {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": checksum(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / DESCRIPTION
    }
    content = {
        "format": FORMAT,
        "assembly": assembly,
        "version": version,
        "contigs": [asdict(contig) for contig in contigs],
        "releases": [asdict(release) for release in releases],
        "tracks": list(tracks),
        "files": files,
    }
    lines = [f" {json.dumps(key)}: {_lined(value)}" for key, value in content.items()]
    (folder / DESCRIPTION).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _lined(value: Any) -> str:
    """Return JSON with a line per member of a list, so that people can read it and compare two."""
    if isinstance(value, list) and value:
        return "[" + ",".join("\n  " + json.dumps(member) for member in value) + "\n ]"
    if isinstance(value, dict) and value:
        return "{" + ",".join(f"\n  {json.dumps(key)}: {json.dumps(member)}" for key, member in value.items()) + "\n }"
    return json.dumps(value)
