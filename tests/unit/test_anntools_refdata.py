"""The shipped reference, and references that cannot be used."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import BUNDLE, load

MIB = 1 << 20


def test_the_bundle_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLE.glob("*.npz")) < 15 * MIB


@pytest.mark.parametrize("assembly", ["rCRS", "hg18", "GRCh37", "GRCh38"])
def test_gene_models_are_sorted_and_hold_together(assembly: str) -> None:
    reference = load(assembly)
    for contig, length in reference.lengths.items():
        models = reference.transcripts(contig)
        assert models.starts.size == len(models.names) == models.strand.size > 0
        assert (np.diff(models.starts) >= 0).all()
        assert (models.starts >= 1).all()
        assert (models.ends <= length).all()
        assert (models.exon_starts <= models.exon_ends).all()
        assert (models.exon_starts[models.exon_offsets[:-1]] == models.starts).all()
        assert (models.exon_ends[models.exon_offsets[1:] - 1] == models.ends).all()
        inner = np.ones(models.exon_starts.size, np.bool_)
        inner[models.exon_offsets[:-1]] = False
        assert (models.exon_starts[inner] > models.exon_ends[np.flatnonzero(inner) - 1]).all()
        coding = models.coding
        assert (models.cds_start >= models.starts)[coding].all()
        assert (models.cds_end <= models.ends)[coding].all()
        assert set(models.strand.tolist()) == {1, -1}
        assert int(models.biotype.max()) < len(reference.biotypes)


@pytest.mark.parametrize(
    ("assembly", "contig", "name", "facts"),
    [
        ("hg18", "17", b"NM_000546", (b"TP53", 11, 7512445, 7531593, -1)),
        ("GRCh38", "17", b"NM_000546", (b"TP53", 11, 7668402, 7687550, -1)),
        ("GRCh37", "17", b"ENST00000269305", (b"TP53", 11, 7571720, 7590856, -1)),
        ("rCRS", "MT", b"ENST00000361681", (b"MT-ND6", 1, 14149, 14673, -1)),
    ],
)
def test_a_well_known_transcript_is_where_it_is(
    assembly: str, contig: str, name: bytes, facts: tuple[bytes, int, int, int, int]
) -> None:
    models = load(assembly).transcripts(contig)
    row = next(row for row in range(len(models.names)) if models.names[row] == name)
    gene = models.genes[int(models.gene[row])]
    assert (gene, models.exon_counts[row], models.starts[row], models.ends[row], models.strand[row]) == facts


@pytest.mark.parametrize("assembly", ["GRCh37", "GRCh38"])
def test_cytobands_tile_every_chromosome(assembly: str) -> None:
    reference = load(assembly)
    for contig, length in reference.lengths.items():
        bands = reference.bands(contig)
        assert bands is not None
        assert bands.intervals.starts[0] == 1
        assert bands.intervals.ends[-1] == length
        assert (bands.intervals.starts[1:] == bands.intervals.ends[:-1] + 1).all()


def test_the_rcrs_has_its_landmarks() -> None:
    sequence = load("rCRS").sequence("MT")
    assert sequence is not None
    assert sequence.size == 16569
    assert sequence[:10].tobytes() == b"GATCACAGGT"
    assert sequence[3106:3107].tobytes() == b"N"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for name in ("bundle.json", "rCRS.npz"):
        shutil.copy(BUNDLE / name, tmp_path / name)
    return tmp_path


def test_another_format_version_is_refused_with_both_named(bundle: Path) -> None:
    content = json.loads((bundle / "bundle.json").read_text())
    (bundle / "bundle.json").write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(ReferenceDataError, match="has format version 99, this engine reads format version 1"):
        load("rCRS", bundle)


@pytest.mark.parametrize("damage", ["no bundle.json", "no JSON", "no table", "half a table", "no such assembly"])
def test_a_damaged_reference_is_refused_with_a_sentence(bundle: Path, damage: str) -> None:
    if damage == "no bundle.json":
        (bundle / "bundle.json").unlink()
    elif damage == "no JSON":
        (bundle / "bundle.json").write_text("{")
    elif damage == "no table":
        (bundle / "rCRS.npz").unlink()
    elif damage == "half a table":
        (bundle / "rCRS.npz").write_bytes((BUNDLE / "rCRS.npz").read_bytes()[:4000])
    with pytest.raises(ReferenceDataError, match="cannot be read"):
        load("GRCh39" if damage == "no such assembly" else "rCRS", bundle)
