"""Which tables a contig has, whatever it is called, or why it has none."""

from pathlib import Path

import numpy as np
import pytest

from ann.anntools.assembly import Assembly
from ann.anntools.blocks import Block, block_of
from ann.anntools.errors import ReferenceDataError, UnknownAssembly
from ann.anntools.genome import NO_TRANSCRIPTS, RCRS, Genome, Tables, identify, references
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.refdata import BUNDLE, Reference, load
from ann.anntools.texts import Ints, Texts, from_list
from tests.unit.anntools_references import reference

NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SHIPPED_RCRS = load(RCRS)
LENGTHS = {"1": 249250621, "X": 155270560}


def genome(assembly: str, *lines: bytes, own: Reference | None = None) -> Genome:
    made = own or reference(assembly, {}, LENGTHS)
    return Genome(Assembly(assembly, "a test"), made, Header([*lines, NAMES]), SHIPPED_RCRS)


def rows(*positions: int, shift: int = 0) -> tuple[Texts, Ints]:
    """Return REF and POS of records whose REF are the bases ``shift`` further on in the rCRS."""
    sequence = SHIPPED_RCRS.sequence("MT")
    assert sequence is not None
    return from_list([sequence[pos - 1 + shift : pos + shift].tobytes() for pos in positions]), np.array(positions)


@pytest.mark.parametrize("chrom", [b"X", b"chrX", b"x", b"23", b"NC_000023.10", b"CM000685.1"])
def test_a_contig_is_found_by_any_of_its_names(chrom: bytes) -> None:
    found = genome("GRCh37").tables(chrom, *rows())
    assert isinstance(found, Tables)
    assert (found.name, found.length, found.flank, found.sequence) == ("X", 155270560, 500, None)
    assert found.transcripts is NO_TRANSCRIPTS
    assert len(found.transcripts) == 0
    assert found.transcripts.bodies.count(np.array([5]), np.array([9])).tolist() == [0]


def test_the_shipped_genes_are_those_of_the_contig() -> None:
    header = Header([b"##reference=hg19\n", NAMES])
    found = identify(header, None, None, *references(None)).tables(b"chr19", *rows())
    assert isinstance(found, Tables)
    assert b"APOE" in found.transcripts.genes.to_pylist()


def test_a_contig_that_the_reference_lacks_is_named() -> None:
    assert genome("GRCh37").tables(b"GL000191.1", *rows()) == "the contig GL000191.1 is not in GRCh37"
    assert genome("toy", own=reference("toy", {"1": b"ACGT"})).tables(b"chrM", *rows()) == (
        "the contig chrM is not in toy"
    )


def test_contigs_without_tables_are_told_apart_only_up_to_a_number() -> None:
    found = genome("GRCh37")
    reasons = {found.tables(b"scaffold%d" % number, *rows()) for number in range(3000)}
    assert len(reasons) == 1001
    assert "more contigs are not in GRCh37" in reasons
    assert isinstance(found.tables(b"1", *rows()), Tables)


@pytest.mark.parametrize(
    ("assembly", "line", "chrom"),
    [
        ("GRCh37", b"##contig=<ID=chrM,length=16569>\n", b"chrM"),
        ("GRCh37", b"", b"MT"),
        ("GRCh37", b"", b"NC_012920.1"),
        ("GRCh38", b"", b"chrM"),
        ("hg18", b"##contig=<ID=MT,length=16569>\n", b"MT"),
        ("rCRS", b"", b"chrM"),
    ],
)
def test_a_mitochondrion_is_known_for_the_rcrs_by_length_or_by_assembly_and_name(
    assembly: str, line: bytes, chrom: bytes
) -> None:
    made = genome(assembly, line, own=SHIPPED_RCRS if assembly == RCRS else None)
    found = made.tables(chrom, *rows())
    assert isinstance(found, Tables)
    assert (found.name, found.length) == ("MT", 16569)
    assert b"MT-ND4" in found.transcripts.genes.to_pylist()
    assert set(SHIPPED_RCRS.releases) <= set(made.releases)


def test_another_length_is_another_mitochondrion() -> None:
    made = genome("GRCh37", b"##contig=<ID=chrM,length=16571>\n")
    assert made.tables(b"chrM", *rows()) == "the mitochondrion chrM of 16,571 bases is not the rCRS"
    assert not set(SHIPPED_RCRS.releases) & set(made.releases)


@pytest.mark.parametrize(("assembly", "chrom"), [("GRCh37", b"chrM"), ("GRCh37", b"M"), ("hg18", b"MT")])
def test_bases_tell_the_rcrs_from_the_other_mitochondrion(assembly: str, chrom: bytes) -> None:
    positions = (400, 750, 1438, 2706, 4769, 7028, 8860, 11719, 14766, 15326)
    assert isinstance(genome(assembly).tables(chrom, *rows(*positions)), Tables)
    found = genome(assembly).tables(chrom, *rows(*positions, shift=-2))
    assert isinstance(found, str)
    assert found.startswith(f"the mitochondrion {chrom.decode()} is not the rCRS: REF differs in ")
    assert found.endswith(" of 10 records")


def test_a_mitochondrion_waits_for_the_records_that_tell() -> None:
    made = genome("GRCh37")
    waiting = "too few records tell whether chrM is the rCRS, and ##contig gives no length"
    # The two mitochondria have these places in common.
    assert made.tables(b"chrM", *rows(10, 73, 150, 263)) == waiting
    assert made.tables(b"chrM", *rows(750, 1438)) == waiting
    assert isinstance(made.tables(b"chrM", *rows(2706, 4769)), Tables)
    assert isinstance(made.tables(b"chrM", *rows(750, shift=1)), Tables)


def test_a_mitochondrion_of_the_references_own_is_used() -> None:
    own = reference("GRCh38", {"chrM": b"ACGT" * 4000}, LENGTHS)
    made = genome("GRCh38", own=own)
    found = made.tables(b"MT", *rows())
    assert isinstance(found, Tables)
    assert (found.name, found.length) == ("chrM", 16000)
    assert made.releases == own.releases
    declared = genome("GRCh38", b"##contig=<ID=MT,length=16569>\n", own=own)
    assert declared.tables(b"MT", *rows()) == "the mitochondrion MT of 16,569 bases is not the chrM of GRCh38"


def block(*lines: bytes) -> Block:
    return block_of(b"".join(line + b"\n" for line in lines), 2, Header([NAMES]), LIMITS)


def test_records_tell_which_reference_they_are_of() -> None:
    rng = np.random.default_rng(5)
    one, other = (rng.choice(np.frombuffer(b"ACGT", np.uint8), 200).tobytes() for _ in range(2))
    given = [reference("one", {"1": one}), reference("other", {"1": other})]
    first = block(*(b"chr1\t%d\t.\t%c\tN\t.\t.\t." % (pos, other[pos - 1]) for pos in range(1, 61)))
    found = identify(Header([NAMES]), first, None, given, [])
    assert found.assembly == Assembly("other", "REF is its base in 60 of the first 60 records")
    asked = identify(Header([NAMES]), first, "one", given, [])
    assert asked.reference.assembly == "one"
    assert "while other fits 60 of 60." in asked.assembly.warnings[0]
    with pytest.raises(UnknownAssembly, match="choose one of one or other"):
        identify(Header([NAMES]), block(b"1\t1\t.\tA\tC\t.\t.\t."), None, given, [])


def test_a_file_without_records_needs_no_assembly() -> None:
    nowhere = identify(Header([NAMES]), None, None, *references(None))
    assert nowhere.assembly == Assembly("unknown", "there are no records")
    assert (nowhere.has_genes, nowhere.releases, nowhere.reference.version) == (False, (), "")
    told = identify(Header([b"##reference=hg19\n", NAMES]), None, None, *references(None))
    assert (told.assembly.name, told.has_genes) == ("GRCh37", True)
    with pytest.raises(UnknownAssembly, match="'mm10' is not known"):
        identify(Header([NAMES]), None, "mm10", *references(None))


def test_a_reference_without_genes_has_none_whatever_is_known_of_the_mitochondrion() -> None:
    assert not genome("GRCh37").has_genes
    assert genome("rCRS", own=SHIPPED_RCRS).has_genes


def test_memory_of_sequences_is_given_back_and_they_can_still_be_read() -> None:
    made = genome("GRCh37")
    before = made.tables(b"MT", *rows())
    made.release_pages()
    assert isinstance(before, Tables)
    assert before.sequence is not None
    assert before.sequence[:10].tobytes() == b"GATCACAGGT"


def test_a_reference_of_ones_own_replaces_the_shipped_one_of_its_assembly(tmp_path: Path) -> None:
    for name in ("rCRS", "hg18"):
        (tmp_path / name).symlink_to(BUNDLE / name)
    given, shipped = references(tmp_path)
    assert sorted(reference.folder.parent for reference in given) == [tmp_path, tmp_path]
    assert [reference.assembly for reference in shipped] == ["GRCh38", "GRCh37"]
    assert [reference.assembly for reference in references(tmp_path / "rCRS")[0]] == ["rCRS"]
    assert [reference.assembly for reference in references(None)[1]] == ["GRCh38", "GRCh37", "hg18", "rCRS"]


def test_a_folder_without_a_reference_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"^There is no reference in "):
        references(tmp_path)
