"""How many bases of the reference a record covers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools.blocks import MAX_POS, Block, block_of
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.spans import last_bases

TITLES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
SITES = Header([TITLES + b"\n"])
SAMPLES = Header([TITLES + b"\tFORMAT\tA\tB\n"])


def block(*lines: str, header: Header = SITES) -> Block:
    return block_of("".join(f"{line}\n" for line in lines).encode(), 2, header, LIMITS)


def last(alt: str, info: str, *, pos: int = 100, ref: str = "A", samples: str = "") -> int:
    line = f"1\t{pos}\t.\t{ref}\t{alt}\t.\t.\t{info}"
    made = block(line + f"\t{samples}", header=SAMPLES) if samples else block(line)
    return int(last_bases(made)[0])


@pytest.mark.parametrize("alt", ["C", "C,G", "*", "ACGTACGT", "A[2:5[", "]<ctg<1>:7]A", ".A", "A."])
def test_bases_stars_and_breakends_span_their_ref_whatever_info_says(alt: str) -> None:
    for info in (".", "", "END=900", "SVLEN=-50", "END=900;SVTYPE=BND"):
        assert last(alt, info) == 100
        assert last(alt, info, ref="ACGT") == 103


@pytest.mark.parametrize(
    "alt", ["<DEL>", "<DUP>", "<INV>", "<CNV>", "<DUP:TANDEM>", "<CNV:TR>", "<CN0>", "<NON_REF>", "<*>", ".", "C,<*>"]
)
def test_symbolic_alleles_blocks_and_records_without_alt_reach_to_end(alt: str) -> None:
    assert last(alt, "END=900") == 900
    assert last(alt, "DP=1;END=900;SVCLAIM=D") == 900
    assert last(alt, "XEND=900;CIEND=-5,5;END=700") == 700
    assert last(alt, "END=50") == 100
    assert last(alt, "END=99999999999") == 100
    assert last(alt, "END=9999999999") == MAX_POS
    assert last(alt, "END=.") == last(alt, "END") == last(alt, "END=") == last(alt, "APPEND=900") == 100


@pytest.mark.parametrize("alt", ["<INS>", "<INS:ME:ALU>", "<BND>", "<TRA>"])
def test_insertions_and_ends_elsewhere_reach_no_further_than_ref(alt: str) -> None:
    assert last(alt, "END=900;SVLEN=800") == 100


def test_an_end_on_another_contig_is_no_span() -> None:
    assert last("<DEL>", "CHR2=5;END=900") == 100
    assert last("<DEL>", "CHR2=1;END=900") == 900


@pytest.mark.parametrize(
    ("alt", "info", "expected"),
    [
        ("<DEL>", "SVLEN=-50", 150),
        ("<DEL>", "SVLEN=50", 150),
        ("<DEL>", "SVTYPE=DEL;SVLEN=50;DP=2", 150),
        ("<DEL>", "END=130;SVLEN=-50", 130),
        ("<DEL>,<DEL>", "SVLEN=50,70", 170),
        ("<DEL>,<INS>", "SVLEN=50,700", 150),
        ("C,<DUP>,<INS>", "SVLEN=.,50,700", 150),
        ("<DEL>,<DUP>", "SVLEN=50", 150),
        ("<DEL>", "SVLEN=.", 100),
        ("<DEL>", "SVLEN=5x", 100),
        ("<DEL>", "SVLEN=-" + "9" * 5000, 100),
        ("<DEL>", "SVLEN=9999999999", MAX_POS),
    ],
)
def test_without_end_the_longest_svlen_of_a_spanning_allele_counts(alt: str, info: str, expected: int) -> None:
    assert last(alt, info) == expected


@pytest.mark.parametrize(
    ("alt", "samples", "expected"),
    [
        ("<*>", "GT:LEN\t0:10\t0:30", 129),
        ("C,<NON_REF>", "LEN:GT\t10:0\t.", 109),
        ("<*>", "GT:LEN\t0\t0", 100),
        ("<*>", "GT:XLEN\t0:10\t0:30", 100),
        ("<*>", "GT:LEN\t0:x\t0:" + "9" * 99, 100),
        ("<DEL>", "GT:LEN\t0:10\t0:30", 100),
    ],
)
def test_reference_blocks_of_vcf_4_5_are_as_long_as_the_longest_of_their_samples(
    alt: str, samples: str, expected: int
) -> None:
    assert last(alt, ".", samples=samples) == expected


def slow(line: str) -> int:
    """Say it again, a record at a time."""
    _, pos, _, ref, alt, _, _, info = line.split("\t")
    reach = int(pos) + len(ref) - 1
    alleles = alt.split(",")
    spanning = [a.startswith("<") and a[1:4] not in {"INS", "BND", "TRA", "CTX"} for a in alleles]
    if alt != "." and not any(spanning):
        return reach
    values: dict[str, str] = {}
    for pair in info.split(";"):
        key, equals, value = pair.partition("=")
        if equals:
            values.setdefault(key, value)
    if values.get("END", "").isdigit() and int(values["END"]):
        return max(reach, int(values["END"]))
    lengths = values.get("SVLEN", "").split(",")
    lengths = lengths * len(alleles) if len(lengths) == 1 else lengths
    pairs = zip(lengths, spanning, strict=False)
    return max(
        [reach, *(int(pos) + int(size.lstrip("-")) for size, yes in pairs if yes and size.lstrip("-").isdigit())]
    )


ALT = st.lists(
    st.sampled_from(["C", "GT", "*", "<DEL>", "<INS>", "<DUP:TANDEM>", "<*>", "<BND>", "A[<x>:1["]),
    min_size=1,
    max_size=3,
).map(",".join)
INFO = st.lists(
    st.sampled_from(
        ["END=120", "END=9", "END=", "END", "SVLEN=-70", "SVLEN=5,600,7", "XEND=300", "DP=1", "", "A=<DEL>"]
    ),
    min_size=1,
    max_size=4,
).map(";".join)
RECORD = st.builds(
    "{}\t{}\t.\t{}\t{}\t.\t.\t{}".format,
    st.sampled_from(["1", "<DEL>"]),
    st.integers(1, 200),
    st.text("ACGT", min_size=1, max_size=4),
    st.one_of(ALT, st.just(".")),
    INFO,
)


@settings(deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=8))
def test_columns_say_the_same_as_a_loop_over_records(lines: list[str]) -> None:
    assert last_bases(block(*lines)).tolist() == [slow(line) for line in lines]
