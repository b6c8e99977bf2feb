"""What a header declares, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ann.anntools.errors import BadInput
from ann.anntools.header import VERSIONS, Contig, Header, InfoKey, parse

NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
GENE = InfoKey("GENE", ".", "String", "Genes, sorted, and more")
OURS = GENE.line() + b"\n"
# Text as it may stand within quotation marks.
QUOTED = st.text(st.characters(codec="utf-8", exclude_characters='"\\\n\r\0'), max_size=20).map(
    lambda text: text + ',ID=other,length=1,assembly=x,Description=\\"y\\"'
)
NAME = st.text("abcXYZ012_.", min_size=1, max_size=8)


def header(*lines: bytes) -> Header:
    return parse([b"##fileformat=VCFv4.2\n", *lines, NAMES], b"")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b'##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth, all">', "DP"),
        (b'##INFO=<Number=1,Description="a, ID=x, b",ID=DP>', "DP"),
        (b'##INFO=<ID=DP,Description="unclosed, ID=x>', "DP"),
        (b"##INFO=<ID=DP, Number=1 , Type=Flag>  ", "DP"),
        (b'##INFO=<ID=D\tP,Number=1,Type=Integer,Description="a\tTAB">', "D\tP"),
        (b'##INFO=DP,1,Integer,"Total Depth, as in VCF 3.3"', "DP"),
        (b"##INFO=DP", "DP"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_declared_info_key_is_read(line: bytes, key: str, end: bytes) -> None:
    assert header(line + end).info == {key: line}


@pytest.mark.parametrize("line", [b"##INFO=", b"##INFO=<>", b"##INFO=<Number=1>", b"##INFO", b"##FORMAT=<ID=GT>"])
def test_lines_that_declare_no_info_key_declare_none(line: bytes) -> None:
    assert header(line + b"\n").info == {}


@pytest.mark.parametrize(
    ("line", "contig"),
    [
        (b"##contig=<ID=1,length=249250621,assembly=b37>", Contig("1", 249250621, "b37")),
        (b'##contig=<assembly="b37, or so",ID=chr1>', Contig("chr1", 0, "b37, or so")),
        (b"##CONTIG=<ID=1,length=5", Contig("1", 5, "")),
        (b"##contig=<ID=1,length=0x10>", Contig("1", 0, "")),
        (b"##contig=<ID=1,length=" + b"9" * 5000 + b">", Contig("1", 0, "")),
        (b"##contig=1", Contig("", 0, "")),
    ],
)
def test_a_contig_line_is_read(line: bytes, contig: Contig) -> None:
    assert header(line + b"\n").contigs == [contig]


@given(NAME, QUOTED, st.permutations(["ID", "Number", "Description"]))
def test_what_stands_in_a_description_is_no_attribute(name: str, text: str, order: list[str]) -> None:
    values = {"ID": name, "Number": "1", "Description": f'"{text}"'}
    body = ",".join(f"{key}={values[key]}" for key in order)
    assert list(header(f"##INFO=<{body}>\n".encode()).info) == [name]
    values = {"ID": name, "Number": "7", "Description": f'"{text}"'}
    body = ",".join(f"{key}={values[key]}" for key in order).replace("Number", "length")
    assert header(f"##contig=<{body}>\n".encode()).contigs == [Contig(name, 7, "")]


@given(st.lists(st.binary(max_size=40).map(lambda raw: b"##" + raw.translate(None, b"\r\n\0") + b"\n"), max_size=8))
def test_any_header_lines_are_read_and_kept_in_order(lines: list[bytes]) -> None:
    made = header(*lines)
    assert all(isinstance(key, str) for key in made.info)
    assert len(made.contigs) <= len(lines)
    assert made.with_info([]) == b"".join([b"##fileformat=VCFv4.2\n", *lines, NAMES])
    kept = [line for line in lines if line != OURS]
    once = made.with_info([GENE])
    assert once == b"".join([b"##fileformat=VCFv4.2\n", *kept, OURS, NAMES])
    assert parse(once.splitlines(keepends=True), b"").info["GENE"] == GENE.line()


def test_our_lines_stand_before_the_names_and_replace_those_of_an_earlier_run() -> None:
    first, last = b"##source=x\n", b"##other=y\n"
    assert header(first, OURS, last, OURS).with_info([GENE]) == b"".join(
        [b"##fileformat=VCFv4.2\n", first, last, OURS, NAMES]
    )


def test_our_lines_end_as_the_others_do() -> None:
    windows = parse([b"##fileformat=VCFv4.2\r\n", NAMES[:-1] + b"\r\n"], b"")
    assert windows.with_info([GENE]).count(b"\r\n") == 3


@pytest.mark.parametrize("version", VERSIONS)
def test_known_versions_are_read_without_a_word(version: str) -> None:
    made = parse([f"##fileformat={version} \r\n".encode(), NAMES], b"")
    assert (made.version, made.warnings) == (version, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"##fileformat=VCFv4.6\n", "##fileformat says VCFv4.6; read as VCFv4.5, known are VCFv3.3, VCFv4.0"),
        (b"##fileformat=VCFv5.0\n", "##fileformat says VCFv5.0; read as"),
        (b"##fileformat=\n", "##fileformat is missing; read as VCFv4.5"),
        (b"##fileDate=1\n", "##fileformat is missing; read as VCFv4.5"),
    ],
)
def test_an_unknown_version_is_read_as_the_last_with_a_warning(line: bytes, said: str) -> None:
    (warning,) = parse([line, NAMES], b"").warnings
    assert warning.startswith(said)


def test_a_fileformat_that_is_not_first_is_found() -> None:
    assert parse([b"##source=x\n", b"##fileformat=VCFv4.1\n", NAMES], b"").version == "VCFv4.1"


@pytest.mark.parametrize("names", [(), ("A",), ("A", "B c", "\u00fc")])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_samples_are_counted_and_named(names: tuple[str, ...], end: str) -> None:
    titles = NAMES.decode()[:-1] + "".join(f"\t{name}" for name in (("FORMAT", *names) if names else ())) + end
    made = parse([titles.encode()], b"")
    assert (made.samples, made.sample_names, made.columns) == (len(names), names, titles.count("\t") + 1)


def test_attributes_take_time_in_proportion_to_the_line() -> None:
    body = b'a="' + b'\\",b="\\"' * 200_000
    assert len(header(b"##contig=<ID=1," + body + b">\n").contigs) == 1


def test_names_of_columns_that_are_no_vcfs_are_refused() -> None:
    with pytest.raises(BadInput, match=r"^Line 2: The line #CHROM must name CHROM POS ID REF"):
        parse([b"##fileformat=VCFv4.2\n", NAMES.replace(b"\t", b" ")], b"")
