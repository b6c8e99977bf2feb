"""Sources made of a few lines, compiled and asked, for the tests of the tracks."""

from pathlib import Path
from typing import Any

import numpy as np

from ann.anntools import blocks, variants
from ann.anntools.limits import LIMITS
from ann.anntools.places import Bodies
from ann.anntools.recipe import parse
from ann.anntools.texts import Bytes
from ann.anntools.track_build import compile_source
from ann.anntools.tracks import Track, open_track

CONTIGS = {"1": 100_000, "2": 50_000}
HEADER = "##fileformat=VCFv4.2\n##contig=<ID=chr1,length=100000>\n##contig=<ID=chr2,length=50000>\n"
TITLES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def key(name: str = "X", column: str = "name", number: str = ".", kind: str = "String", **more: str) -> dict[str, str]:
    """Return the table of one INFO key as a recipe has it."""
    return {"key": name, "number": number, "type": kind, "description": f"About {name}", "column": column, **more}


def compiled(
    folder: Path,
    text: str | bytes,
    *,
    sequence: dict[str, Bytes] | None = None,
    genes: dict[str, Bodies] | None = None,
    name: str = "source.txt",
    **spec: Any,
) -> tuple[Track, dict[str, Any]]:
    """Write a source's file, compile it, and return the open track with what is said of it."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    spec = {"name": "source", "file": name, "format": "bed", "info": key(), **spec}
    recipe = parse({"reference": {"name": "toy"}, "source": [spec]}, folder / "sources.toml")
    bases = (sequence or {}).get
    entry = compile_source(
        recipe.sources[0],
        path,
        CONTIGS,
        sequence=bases,
        out=folder / "track",
        genes=genes.__getitem__ if genes else None,
    )
    return open_track(folder / "track", entry, bases), entry


def asked(track: Track, vcf: str) -> tuple[list[str], list[str]]:
    """Return what a track says of each record of a VCF, and the identifiers that it gives."""
    _, pieces = blocks.read(iter([vcf.encode()]), LIMITS)
    texts: list[str] = []
    ids: list[str] = []
    for block in pieces:
        names, codes = block.contigs()
        said, named = np.full(len(block), "", object), np.full(len(block), "", object)
        for code, name in enumerate(names):
            rows = np.flatnonzero(codes == code)
            first = block.pos[rows]
            last = first + block.column(blocks.REF).sizes[rows] - 1
            alleles = variants.of(block, rows, last)
            contig = name.decode().removeprefix("chr")
            said[rows] = [text.decode() for text in track.texts(contig, first, last, alleles).to_pylist()]
            found = track.ids(contig, alleles, rows.size)
            named[rows] = [text.decode() for text in found.to_pylist()] if found is not None else ""
        texts += said.tolist()
        ids += named.tolist()
    return texts, ids


def vcf(*records: tuple[str, int, str, str]) -> str:
    """Return a VCF of (CHROM, POS, REF, ALT)."""
    return HEADER + TITLES + "".join(f"{c}\t{p}\t.\t{r}\t{a}\t.\t.\t.\n" for c, p, r, a in records)
