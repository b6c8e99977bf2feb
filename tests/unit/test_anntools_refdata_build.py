"""Building references: from small genomes, from files that do not fit, and what is left when it is interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pysam
import pytest

from ann.anntools import recipe, refbuild, swap
from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import DESCRIPTION, Reference, read
from ann.anntools.refverify import problems

CSQ = Path(__file__).parents[3] / "shared" / "data" / "csq"
RECIPE = """
[reference]
name = "{name}"
release = "1"
[sequence]
file = "{fasta}"
[genes]
file = "{genes}"
format = "gff3"
release = "made up"
[[source]]
name = "bands"
file = "bands.bed"
format = "bed"
info = {{ key = "BAND", number = ".", type = "String", description = "Bands", column = "name" }}
"""
GENES = """##gff-version 3
1\tx\tgene\t11\t40\t.\t+\t.\tID=gene:G1;Name=ONE
1\tx\tmRNA\t11\t40\t.\t+\t.\tID=transcript:T1;Parent=gene:G1
1\tx\texon\t11\t20\t.\t+\t.\tParent=transcript:T1
1\tx\texon\t31\t40\t.\t+\t.\tParent=transcript:T1
1\tx\tCDS\t12\t20\t.\t+\t0\tParent=transcript:T1
1\tx\tCDS\t31\t33\t.\t+\t0\tParent=transcript:T1
M\tx\tgene\t1\t9\t.\t-\t.\tID=gene:G2;Name=TWO
M\tx\tmRNA\t1\t9\t.\t-\t.\tID=transcript:T2;Parent=gene:G2
M\tx\texon\t1\t9\t.\t-\t.\tParent=transcript:T2
"""


def made(folder: Path, *, name: str = "Mousy", genes: str = GENES, fasta: str | None = None) -> Path:
    """Write a small genome and return its recipe."""
    rng = np.random.default_rng(1)
    one, other = ("".join(rng.choice(list("ACGT"), size)) for size in (60, 20))
    (folder / "genome.fa").write_text(fasta or f">1\n{one}\n>M\n{other}\n")
    (folder / "genes.gff3").write_text(genes)
    (folder / "bands.bed").write_text("chr1\t0\t30\tp1\nchr1\t30\t60\tq1\n9\t0\t5\tno\n")
    (folder / "sources.toml").write_text(RECIPE.format(name=name, fasta="genome.fa", genes="genes.gff3"))
    return folder / "sources.toml"


def built(sources: Path) -> tuple[Reference, list[str]]:
    return refbuild.build(recipe.load(sources), sources.parent / "out", refbuild.local)


def spliced(reference: Reference, contig: str) -> list[bytes]:
    models = reference.transcripts(contig)
    assert models is not None
    assert models.spliced is not None
    edges = models.spliced_offsets
    return [models.spliced[edges[t] : edges[t + 1]].tobytes() for t in range(len(models))]


def test_a_reference_is_built_and_whole(tmp_path: Path) -> None:
    reference, notes = built(made(tmp_path))
    assert (reference.assembly, reference.version) == ("Mousy", "1")
    assert reference.contigs == {"1": 60, "M": 20}
    assert (reference.flank("1"), reference.flank("M")) == (5000, 500)
    with pysam.FastaFile(str(tmp_path / "genome.fa")) as genome:
        one, other = genome.fetch("1"), genome.fetch("M")
    found = reference.sequence("1")
    assert found is not None
    assert found.tobytes().decode() == one
    assert spliced(reference, "1") == [(one[10:20] + one[30:40]).encode()]
    assert spliced(reference, "M") == [other[:9][::-1].translate(str.maketrans("ACGT", "TGCA")).encode()]
    mitochondrial = reference.transcripts("M")
    assert mitochondrial is not None
    assert mitochondrial.genetic_code == 2
    (track,) = reference.tracks
    texts = track.texts("1", np.array([30, 31]), np.array([30, 31]), None)  # type: ignore[arg-type]
    assert texts.to_pylist() == [b";BAND=p1", b";BAND=q1"]
    assert notes == ["bands: 1 of 3 rows lie on contigs that the reference lacks (9) and were left out."]
    assert list(problems(reference.folder)) == []
    assert [release.kind for release in reference.releases] == ["sequence", "gene models", "bands"]


def test_contigs_of_human_references_get_our_names(tmp_path: Path) -> None:
    sources = made(tmp_path, name="hg38", fasta=">chr1 one\n" + "A" * 60 + "\n>chrUn_KI270302v1\nACGT\n>chrM\nACGT\n")
    reference, notes = built(sources)
    assert reference.assembly == "GRCh38"
    # A mitochondrion of another length than the rCRS's is not called MT.
    assert reference.contigs == {"1": 60, "chrUn_KI270302v1": 4, "chrM": 4}
    assert "1 transcripts reach beyond the ends of their contigs and were left out (first at line 10)." in notes


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ("1\tx\texon\t50\t61\t.\t+\t.\tParent=transcript:T1", "1 transcripts reach beyond the ends of their contigs"),
        ("1\tx\tCDS\t31\t36\t.\t+\t0\tParent=transcript:T9", "1 lines of exon or CDS without a Parent that the file"),
        ("1\tx\tCDS\t31\t36\t.\t+\t0\tID=x", "1 lines of exon or CDS without a Parent that the file"),
        ("1\tx\texon\t15\t22\t.\t+\t.\tParent=transcript:T1", "1 transcripts whose exons overlap were left out"),
        ("1\tx\tCDS\t21\t25\t.\t+\t0\tParent=transcript:T1", "1 transcripts whose CDS is not within their exons"),
        ("1\tx\texon\t50\t55\t.\t-\t.\tParent=transcript:T1", "1 transcripts on several contigs or strands were left"),
        (
            "2\tx\tmRNA\t1\t9\t.\t+\t.\tID=T3\n2\tx\texon\t1\t9\t.\t+\t.\tParent=T3",
            "1 transcripts on 1 contigs that the sequence lacks (2) were left out.",
        ),
    ],
)
def test_what_does_not_fit_is_left_out_and_said(tmp_path: Path, lines: str, note: str) -> None:
    reference, notes = built(made(tmp_path, genes=GENES + lines + "\n"))
    assert notes[0].startswith(note)
    assert spliced(reference, "M")
    assert list(problems(reference.folder)) == []


@pytest.mark.parametrize(
    ("genes", "sentence"),
    [
        (GENES + "1\tx\texon\t5\t\n", r"genes\.gff3, line 11: .* has 5 columns instead of 9\."),
        (GENES.replace("\t31\t40\t", "\tfew\t40\t"), r"genes\.gff3, line 5: 'few' is no start, which is a number\."),
        (GENES.replace("\t31\t33\t", "\t33\t31\t"), r"genes\.gff3, line 7: The end 31 comes before the start 33"),
        ("##gff-version 3\n", r"genes\.gff3 holds no lines with 9 columns\."),
        ("", r"genes\.gff3 holds no lines with 9 columns\."),
        (
            GENES.replace("1\tx", "8\tx").replace("M\tx", "9\tx"),
            r"None of the transcripts in genes\.gff3 lies on a con",
        ),
    ],
)
def test_gene_models_that_are_damaged_stop_the_build_with_a_sentence(tmp_path: Path, genes: str, sentence: str) -> None:
    with pytest.raises(ReferenceDataError, match=sentence):
        built(made(tmp_path, genes=genes))
    assert not (tmp_path / "out").exists()


def test_a_build_that_fails_leaves_the_old_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = made(tmp_path)
    built(sources)
    before = (tmp_path / "out" / DESCRIPTION).read_bytes()

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(refbuild, "write_description", fails)
    with pytest.raises(OSError, match="No space left on device"):
        built(sources)
    assert (tmp_path / "out" / DESCRIPTION).read_bytes() == before
    assert list(problems(tmp_path / "out")) == []
    assert not list(tmp_path.glob(".out.building"))


KILLED = """
import sys, time
from pathlib import Path
from ann.anntools import recipe, refbuild, swap

def stop(*_, **__):
    print("here", flush=True)
    time.sleep(600)

refbuild.write_description = stop
refbuild.build(recipe.load(Path(sys.argv[1])), Path(sys.argv[2]), refbuild.local)
"""


def test_a_build_that_is_killed_leaves_the_old_reference_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    sources = made(tmp_path)
    built(sources)
    out = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, sources, out], stdout=subprocess.PIPE, cwd=Path(refbuild.__file__).parents[2]
    ) as build:
        assert build.stdout is not None
        assert build.stdout.readline() == b"here\n"
        with pytest.raises(ReferenceDataError, match="Another process is building"):
            built(sources)
        os.kill(build.pid, signal.SIGKILL)
    assert (tmp_path / ".out.building").exists()
    assert list(problems(out)) == []
    built(made(tmp_path, genes=GENES.replace("ONE", "NEW")))
    models = read(out).transcripts("1")
    assert models is not None
    assert models.genes.to_pylist() == [b"NEW"]
    assert not (tmp_path / ".out.building").exists()


def test_file_systems_that_cannot_exchange_folders_get_the_new_reference_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(made(tmp_path))
    monkeypatch.setattr(swap.ctypes, "CDLL", lambda _: SimpleNamespace(renameat2=lambda *_: -1))
    reference, _ = built(made(tmp_path, genes=GENES.replace("ONE", "NEW")))
    models = reference.transcripts("1")
    assert models is not None
    assert models.genes.to_pylist() == [b"NEW"]
    assert not (tmp_path / ".out.old").exists()


def test_an_old_reference_that_was_put_aside_when_the_machine_stopped_comes_back(tmp_path: Path) -> None:
    built(made(tmp_path))
    (tmp_path / "out").rename(tmp_path / ".out.old")
    with pytest.raises(ReferenceDataError, match="holds no lines"):
        built(made(tmp_path, genes=""))
    assert list(problems(tmp_path / "out")) == []


def test_a_folder_that_is_no_reference_is_not_replaced(tmp_path: Path) -> None:
    sources = made(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(ReferenceDataError, match="is there and is no reference"):
        built(sources)
    assert (tmp_path / "out" / "thesis.txt").exists()


@pytest.mark.skipif(not CSQ.is_dir(), reason="the twenty transcripts of bcftools csq are not on this machine")
def test_real_transcripts_with_their_sequence_begin_with_a_start_codon_and_end_with_a_stop_codon(
    tmp_path: Path,
) -> None:
    coding = 0
    for genes in sorted(CSQ.glob("*/*.gff")):
        sources = tmp_path / "sources.toml"
        text = RECIPE.format(name=genes.stem, fasta=genes.with_suffix(".fa"), genes=genes)
        sources.write_text(text.partition("[[source]]")[0])
        reference, notes = refbuild.build(recipe.load(sources), tmp_path / genes.stem, refbuild.local)
        assert notes == []
        assert list(problems(reference.folder)) == []
        for contig in reference.contigs:
            models = reference.transcripts(contig)
            assert models is not None
            for row, bases in enumerate(spliced(reference, contig)):
                if models.coding[row]:
                    cds = bases[models.cds_first[row] - 1 : models.cds_last[row]]
                    coding += 1
                    assert cds[-3:] in {b"TAA", b"TAG", b"TGA"}
                    # Two are incomplete: one begins within a codon, one with another than a start codon.
                    assert cds.startswith(b"ATG") or genes.stem in {"ENST00000341065", "ENST00000295641"}
    assert coding == 20
