"""The shipped references, and references that cannot be used."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import BUNDLE, DESCRIPTION, GENES, SPLICED, installed, load, read, shipped_lengths
from ann.anntools.refverify import problems

MIB = 1 << 20
ASSEMBLIES = ["GRCh37", "GRCh38", "hg18", "rCRS"]


def test_what_is_shipped_is_small() -> None:
    assert sum(path.stat().st_size for path in BUNDLE.rglob("*") if path.is_file()) < 10 * MIB


def test_four_assemblies_are_shipped() -> None:
    assert [path.name for path in installed(BUNDLE)] == ASSEMBLIES
    assert shipped_lengths()["rCRS"] == {"MT": 16569}
    assert shipped_lengths()["GRCh38"]["1"] == 248956422


@pytest.mark.parametrize("assembly", ASSEMBLIES)
def test_what_is_shipped_is_whole(assembly: str) -> None:
    assert list(problems(BUNDLE / assembly)) == []


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
    assert models is not None
    row = models.names.to_pylist().index(name)
    gene = models.genes[int(models.gene[row])].as_py()
    assert (gene, models.exon_counts[row], models.starts[row], models.ends[row], models.strand[row]) == facts
    assert models.start_known[row]
    assert models.stop_known[row]


@pytest.mark.parametrize("assembly", ["GRCh37", "GRCh38", "hg18"])
def test_a_cds_is_a_whole_number_of_codons_after_its_phase_where_both_ends_are_known(assembly: str) -> None:
    reference = load(assembly)
    for contig in reference.contigs:
        models = reference.transcripts(contig)
        assert models is not None
        known = models.coding & models.start_known & models.stop_known
        assert known.sum() > 0.6 * models.coding.sum()
        assert ((models.cds_last - models.cds_first + 1)[known] % 3 == 0).all()
        assert not models.phase[known].any()


def test_genes_of_the_mitochondrion_are_read_with_its_own_code_and_begin_with_its_start_codons() -> None:
    models = load("rCRS").transcripts("MT")
    assert models is not None
    assert models.spliced is not None
    assert models.genetic_code == 2
    first = models.spliced_offsets[:-1][models.coding]
    codons = {models.spliced[start : start + 3].tobytes() for start in first}
    assert codons == {b"ATG", b"ATA", b"ATT"}


@pytest.mark.parametrize("assembly", ["GRCh37", "GRCh38", "hg18"])
def test_every_base_but_few_at_the_ends_lies_in_one_cytoband(assembly: str) -> None:
    reference = load(assembly)
    (track,) = reference.tracks
    assert [key.name for key in track.keys] == ["CYTOBAND"]
    for contig, length in reference.contigs.items():
        places = np.linspace(1, length - 1_000_000, 97).astype(np.int64)
        texts = track.texts(contig, places, places, None).to_pylist()  # type: ignore[arg-type]
        assert all(text.startswith(b";CYTOBAND=" + contig.encode()) for text in texts)
        assert not any(b"," in text for text in texts)


def test_the_rcrs_has_its_landmarks() -> None:
    sequence = load("rCRS").sequence("MT")
    assert sequence is not None
    assert sequence.size == 16569
    assert sequence[:10].tobytes() == b"GATCACAGGT"
    assert sequence[3106:3107].tobytes() == b"N"
    with pytest.raises(ValueError, match="read-only"):
        sequence[0] = 0


def test_sequences_are_the_same_after_their_memory_was_given_back() -> None:
    reference = read(BUNDLE / "rCRS")
    sequence, models = reference.sequence("MT"), reference.transcripts("MT")
    assert sequence is not None
    assert models is not None
    assert models.spliced is not None
    before = sequence.copy(), models.spliced.copy()
    reference.release_pages()
    assert np.array_equal(before[0], sequence)
    assert np.array_equal(before[1], models.spliced)


def test_flanks_are_short_on_the_mitochondrion() -> None:
    assert load("rCRS").flank("MT") == 500
    assert load("GRCh38").flank("1") == 5000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLE / "rCRS", tmp_path / "rCRS"))


def test_a_folder_may_be_a_reference_or_hold_some(folder: Path) -> None:
    assert load("rCRS", folder).contigs == load("rCRS", folder.parent).contigs == load(None, folder.parent).contigs


def test_another_assembly_than_the_folder_s_is_refused_with_both_named(folder: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"is of rCRS, not of GRCh38\.$"):
        load("GRCh38", folder)
    with pytest.raises(ReferenceDataError, match=r"no reference of GRCh38 in .*; there are: rCRS\.$"):
        load("GRCh38", folder.parent)


def test_another_format_version_is_refused_with_both_named(folder: Path) -> None:
    content = json.loads((folder / DESCRIPTION).read_text())
    (folder / DESCRIPTION).write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(ReferenceDataError, match="has format version 99, this engine reads format version 2"):
        load("rCRS", folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 2}', '{"format": 2, "contigs": [{"name": "1"}]}'])
def test_a_damaged_description_is_refused_with_a_sentence(folder: Path, content: str) -> None:
    (folder / DESCRIPTION).write_text(content)
    with pytest.raises(ReferenceDataError, match=r"reference\.json cannot be read: "):
        read(folder)


@pytest.mark.parametrize("name", [GENES, SPLICED])
@pytest.mark.parametrize("left", [None, 0, 3000])
def test_damaged_gene_models_are_refused_with_a_sentence(folder: Path, name: str, left: int | None) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).unlink()
    if left is not None:
        (folder / name).write_bytes(whole[:left])
    reference = read(folder)
    with pytest.raises(ReferenceDataError, match=f"{name} cannot be read: "):
        reference.transcripts("MT")


def test_verify_names_what_is_wrong(folder: Path) -> None:
    sequence = folder / "sequence.bin"
    data = bytearray(sequence.read_bytes())
    data[100] ^= 1
    sequence.write_bytes(data)
    (folder / SPLICED).unlink()
    size = (folder / GENES).stat().st_size
    with (folder / GENES).open("ab") as stream:
        stream.write(b"x")
    assert list(problems(folder)) == [
        f"genes.arrow has {size + 1:,} bytes instead of {size:,}.",
        "sequence.bin has another checksum than when it was built.",
        "spliced.bin is missing.",
    ]
