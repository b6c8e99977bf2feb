"""A genome of the user's own, of any species, from the files that describe it to the annotated VCF."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools import recipe, refbuild
from ann.anntools.errors import UnknownAssembly
from tests.unit.anntools_samples import annotated, info, records

TITLES = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SOURCE = random.Random(6)
BASES = {
    name: "".join(SOURCE.choice("ACGT") for _ in range(length))
    for name, length in (("chr1", 3000), ("chr2", 400), ("chrM", 300))
}
# Two exons of a gene whose CDS begins with ATG.
BASES["chr1"] = BASES["chr1"][:1100] + "ATGTGGAAAGCC" + BASES["chr1"][1112:]
GENES = "".join(
    f"chr1\tx\t{kind}\t{first}\t{last}\t.\t+\t{phase}\t{attributes}\n"
    for kind, first, last, phase, attributes in (
        ("gene", 1001, 2500, ".", "ID=gene:G1;Name=GENE1;biotype=protein_coding"),
        ("mRNA", 1001, 2500, ".", "ID=transcript:T1;Parent=gene:G1;biotype=protein_coding"),
        ("exon", 1001, 1500, ".", "Parent=transcript:T1"),
        ("exon", 2001, 2500, ".", "Parent=transcript:T1"),
        ("CDS", 1101, 1500, "0", "Parent=transcript:T1"),
        ("CDS", 2001, 2200, "2", "Parent=transcript:T1"),
    )
)
KINDS = ("<DEL>", "<DUP>", "<INS>", "<INV>", "<CN0>", "*", ".", "<*>", "A[chr2:5[", "]chr2:7]A", "A.", "R")


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that holds two references: toy, and other, which has other bases."""
    folder = tmp_path_factory.mktemp("toys")
    (folder / "genes.gff3").write_text("##gff-version 3\n" + GENES)
    for name, backwards in (("toy", 1), ("other", -1)):
        fasta = "".join(f">{contig}\n{bases[::backwards]}\n" for contig, bases in BASES.items())
        (folder / f"{name}.fa").write_text(fasta)
        sources = folder / f"{name}.toml"
        sources.write_text(
            f'[reference]\nname = "{name}"\n[sequence]\nfile = "{name}.fa"\n'
            '[genes]\nfile = "genes.gff3"\nformat = "gff3"\n'
        )
        refbuild.build(recipe.load(sources), folder / name, refbuild.local)
    return folder


def record(chrom: str, pos: int, alt: str, *, size: int = 1, info: str = ".") -> bytes:
    ref = BASES["chrM" if chrom == "MT" else f"chr{chrom.removeprefix('chr')}"][pos - 1 : pos - 1 + size]
    return f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t{info}\n".encode()


def test_a_genome_of_any_name_gives_consequences_under_either_name_of_a_contig(toys: Path) -> None:
    text = TITLES + record("1", 1105, "T") + record("chr1", 1105, "T") + record("MT", 7, "<DEL>")
    output, findings = annotated(text, reference=toys / "toy")
    assert (findings.assembly.name, findings.warnings) == ("toy", ())
    first, second, third = map(info, records(output))
    assert first["ANN"] == second["ANN"]
    assert first["ANN"].split("|")[1:4] == ["missense_variant", "MODERATE", "GENE1"]
    assert first["ANN"].split("|")[9:11] == ["c.5G>T", "p.Trp2Leu"]
    assert third["REGION"] == "interGenic"
    assert (findings.tally.compared, findings.tally.mismatches) == (3, 0)


def test_bases_tell_which_of_two_references_it_is(toys: Path) -> None:
    lines = [record("1", pos, "N") for pos in range(1, 2900, 50)]
    findings = annotated(TITLES + b"".join(lines), reference=toys)[1]
    assert (findings.assembly.name, findings.assembly.why) == ("toy", "REF is its base in 58 of the first 58 records")
    wrong = annotated(TITLES + b"".join(lines), reference=toys, assembly="other")[1]
    assert wrong.warnings[0].startswith("REF is not the base of other in ")
    assert wrong.warnings[0].endswith(" of the first 58 records, while toy fits 58 of 58.")
    with pytest.raises(UnknownAssembly, match=r"choose one of other, toy, GRCh38 \(hg38\), GRCh37 \(hg19\)"):
        annotated(TITLES + lines[0], reference=toys)


ALT = st.lists(st.one_of(st.text("ACGTNacgt", min_size=1, max_size=7), st.sampled_from(KINDS)), min_size=1, max_size=3)
RECORD = st.builds(
    lambda pos, alts, size, extra: record("chr1", pos, ",".join(alts), size=size, info=extra),
    st.one_of(st.integers(1, 3000), st.integers(1090, 1115), st.integers(1490, 1510), st.integers(1990, 2010)),
    ALT,
    st.sampled_from([1, 1, 2, 3, 7, 60, 1200]),
    st.sampled_from([".", "END=2600", "SVLEN=-400", "SVLEN=12,7;END=1300"]),
)


@settings(deadline=None, max_examples=100)
@given(lines=st.lists(RECORD, min_size=1, max_size=10))
def test_every_entry_of_ann_is_whole_wherever_a_record_lies(lines: list[bytes], toys: Path) -> None:
    output, findings = annotated(TITLES + b"".join(lines), reference=toys / "toy")
    assert (findings.tally.records, findings.tally.mismatches) == (len(lines), 0)
    for line, original in zip(records(output), lines, strict=True):
        assert line.split(b"\t")[:7] == original.split(b"\t")[:7]
        found = info(line)
        alleles = {alt.decode() for alt in original.split(b"\t")[4].split(b",")}
        for entry in found["ANN"].split(",") if "ANN" in found else []:
            assert entry.count("|") == 15
            assert entry.split("|")[0] in alleles
            assert entry.split("|")[1]
