"""Every bad input gives one sentence, with a line number where a line is to blame."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ann.anntools.errors import AnnToolsError, BadInput
from ann.anntools.limits import Limits
from tests.unit.anntools_samples import APOE, HEADER, ROOT, annotated, info, records

NAMES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"

SENTENCES = {
    "an empty file": (b"", "The file is empty"),
    "an empty gzip": (gzip.compress(b""), "The gzip holds no bytes"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "it looks like a PDF document"),
    "a PNG": (b"\x89PNG\r\n\x1a\n\0\0", "it looks like a PNG picture"),
    "a FASTA": (b">chr1\nACGT\n", "it looks like a FASTA file"),
    "a ZIP": (b"PK\x03\x04aaaa", "it looks like a ZIP archive"),
    "UTF-16": ((HEADER + APOE).decode().encode("utf-16"), "it looks like a text in UTF-16"),
    "UTF-16 without a mark": ((HEADER + APOE).decode().encode("utf-16-le"), "it looks like a text in UTF-16"),
    "a BCF": (gzip.compress(b"BCF\x02\x02aaa"), "it looks like a BCF file"),
    "a table": (b"a,b\n1,2\n", "it begins with 'a,b' instead of ##fileformat"),
    "bytes": (bytes(range(128, 256)) * 9, "The file is not a VCF: it begins with binary data instead of"),
    "NUL bytes": (b"\0" * 9999, "The file is not a VCF: it begins with binary data instead of"),
    "a long text": (b"word " * 999, "The file is not a VCF: it begins with 'word word"),
    "line ends of old Macs": (
        (HEADER + APOE).replace(b"\n", b"\r"),
        "The file has the line ends of old Macs, CR alone; save it with LF or CR LF.",
    ),
    "a POS of bytes": (HEADER + APOE.replace(b"45411941", b"\xf0\x01\x02"), "Line 4: POS is binary data, it must be"),
    "an assembly of bytes": (HEADER.replace(b"GRCh37", b"\xff\x01 mm10") + APOE, "the assembly mm10, which is not"),
    "no column names": (b"##fileformat=VCFv4.2\n" + APOE, "The line #CHROM POS ID REF ALT QUAL FILTER INFO is missing"),
    "column names apart by blanks": (HEADER.replace(b"\t", b" ") + APOE, "Line 3: The line #CHROM must name"),
    "column names twice": (HEADER + NAMES + APOE, "Line 4: The line #CHROM stands twice"),
    "column names among records": (HEADER + APOE + NAMES, "Line 5: The line #CHROM stands twice"),
    "a header line after the names": (HEADER + b"##late=1\n" + APOE, "Line 3: The line #CHROM must be the last"),
    "a header line among records": (HEADER + APOE + b"##late=1\n", "Line 5: A header line stands between the records"),
    "a NUL byte in the header": (HEADER.replace(b"GRCh37", b"GRCh37\0"), "Line 2: The header holds a NUL byte"),
    "a NUL byte in a record": (HEADER + APOE + APOE.replace(b"DP", b"D\0"), "Line 5: The record holds a NUL byte"),
    "too few columns": (HEADER + APOE + b"1\t2\t.\tA\n", "Line 5: The record has 4 of the 8 columns"),
    "too many columns": (HEADER + APOE.replace(b"\n", b"\tGT\n"), "Line 4: The record has 9 columns, the line #CHROM"),
    "an empty line": (HEADER + APOE + b"\n" + APOE, "Line 5: The line is empty"),
    "a POS that is no number": (
        HEADER + APOE.replace(b"45411941", b"4e7"),
        "Line 4: POS is '4e7', it must be a number",
    ),
    "an empty POS": (HEADER + APOE.replace(b"45411941", b""), "Line 4: POS is '', it must be a number"),
    "a negative POS": (HEADER + APOE.replace(b"45411941", b"-4"), "Line 4: POS is '-4', it must be a number"),
    "a POS out of range": (HEADER + APOE.replace(b"45411941", b"2147483648"), "Line 4: POS is '2147483648'"),
    "an endless POS": (HEADER + APOE.replace(b"45411941", b"9" * 99), "Line 4: POS is '9999"),
    "an empty CHROM": (HEADER + APOE[2:], "Line 4: CHROM is empty"),
    "an empty REF": (HEADER + APOE.replace(b"\tT\t", b"\t\t"), "Line 4: REF is empty"),
    "an endless CHROM": (HEADER + b"x" * 999 + APOE, "Line 4: CHROM is longer than 255 characters"),
    "too many alleles": (HEADER + APOE.replace(b"\tC\t", b"\tC" + b",G" * 1000 + b"\t"), "ALT has more than 1000"),
    "a truncated gzip": (gzip.compress(HEADER + APOE * 999)[:-40], "The gzip ends in the middle"),
    "a gzip cut in its trailer": (gzip.compress(HEADER + APOE)[:-4], "The gzip ends in the middle"),
    "a damaged gzip": (gzip.compress(HEADER + APOE)[:60] + b"\xff" * 40, "The gzip is damaged after"),
    "bytes after a gzip": (
        gzip.compress(b"#" * 99, mtime=0) + b"garbage",
        f"Other bytes follow the gzip data, from byte {len(gzip.compress(b'#' * 99, mtime=0)) + 1} of the file on.",
    ),
    "one byte after zeros after a gzip": (
        gzip.compress(HEADER + APOE) + b"\0" * 5 + b"x",
        f"from byte {len(gzip.compress(HEADER + APOE)) + 6} of the file on.",
    ),
    "an unknown assembly": (HEADER.replace(b"GRCh37", b"x") + APOE, "The assembly cannot be known"),
    "another genome": (HEADER.replace(b"GRCh37", b"mm10") + APOE, "the assembly mm10, which is not available"),
}


@pytest.mark.parametrize(("text", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_bad_input_gives_one_sentence(text: bytes, sentence: str) -> None:
    with pytest.raises(AnnToolsError) as caught:
        annotated(text)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_what_a_file_says_is_quoted_in_part_and_without_controls() -> None:
    long = HEADER.replace(b"GRCh37", b"GRCh37" + b"x" * 5000).replace(b"VCFv4.2", b"VCFv9" + b"9" * 5000)
    strays = b"\x1b[31mred\t1\t.\tA\tC\t.\t.\t.\n" + b"y" * 250 + b"\t1\t.\tA\tC\t.\t.\t.\n"
    findings = annotated(long + strays + APOE)[1]
    assert max(map(len, findings.log().splitlines())) < 250
    assert findings.log().replace("\n", "").isprintable()
    assert "1: the contig binary data is not in GRCh37" in findings.log()
    assert len(findings.summary_json()) < len(annotated(HEADER + APOE)[1].summary_json()) + 1000


@pytest.mark.parametrize(
    ("odd", "shown"),
    [(b"C;x", "C%3Bx"), (b"C=|\xff ", "C%3D%7C%FF%20"), (b"<D;EL>", "<D%3BEL>"), (b"T[2:321682[", "T[2:321682[")],
)
def test_an_alt_that_holds_what_info_reserves_is_encoded_in_ann(odd: bytes, shown: str) -> None:
    line = records(annotated(HEADER + APOE.replace(b"\tC\t", b"\t" + odd + b"\t"))[0])[0]
    assert line.split(b"\t")[4] == odd
    assert {entry.split("|")[0] for entry in info(line)["ANN"].split(",")} == {shown}
    assert list(info(line)) == ["DP", "ANN", "GENE", "REGION", "CYTOBAND"]


@pytest.mark.parametrize("odd", [b",", b"C,", b",C", b",,", b"C,,<DEL>"])
def test_alleles_without_text_are_alleles(odd: bytes) -> None:
    strange = APOE.replace(b"\tC\t", b"\t" + odd + b"\t")
    output, findings = annotated(HEADER + strange + APOE.replace(b"\tC\t", b"\tC,G\t"))
    assert records(output)[0].split(b"\t")[4] == odd
    assert sum(findings.summary()["alleles"].values()) == odd.count(b",") + 1 + 2


@pytest.mark.parametrize("odd", [b";", b"=", b"|", b"\xff"])
def test_a_ref_that_is_no_base_is_not_repeated(odd: bytes) -> None:
    line = records(annotated(HEADER + APOE.replace(b"\tT\t", b"\t" + odd + b"\t"))[0])[0]
    assert info(line)["ANN"].isprintable()
    assert {len(entry.split("|")) for entry in info(line)["ANN"].split(",")} == {16}
    assert ">" not in info(line)["ANN"]


def test_what_follows_a_gzip_after_many_zeros_is_not_overlooked() -> None:
    padded = gzip.compress(HEADER + APOE) + bytes(3_000_000)
    assert len(records(annotated(padded + gzip.compress(APOE))[0])) == 2
    with pytest.raises(BadInput, match=rf"from byte {len(padded) + 1:d} of the file on"):
        annotated(padded + b"garbage")


def test_a_line_of_ten_megabytes_of_samples_is_taken() -> None:
    names = b"\t".join(b"S%d" % number for number in range(1_000_000))
    samples = b"\t".join([b"0/1:99,99"] * 1_000_000)
    text = HEADER.rstrip(b"\n") + b"\tFORMAT\t" + names + b"\n" + APOE.rstrip(b"\n") + b"\tGT:AD\t" + samples + b"\n"
    output, findings = annotated(text)
    assert findings.samples == 1_000_000
    assert records(output)[0].endswith(samples)


def test_a_line_of_ten_megabytes_of_garbage_gives_a_sentence() -> None:
    with pytest.raises(BadInput, match=r"^Line 5: The record has 1 of the 8 columns"):
        annotated(HEADER + APOE + b"A" * 10_000_000 + b"\n" + APOE)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_over_the_limit_is_refused(end: bytes) -> None:
    long = APOE.rstrip(b"\n") + b"x" * 3_000_000 + end
    with pytest.raises(BadInput, match=r"^Line 5: The line is longer than 1,000,000 bytes"):
        annotated(HEADER + APOE + long, limits=Limits(line=1_000_000))
    with pytest.raises(BadInput, match=r"^Line 1: The line is longer than 1,000,000 bytes"):
        annotated(b"##" + b"x" * 3_000_000 + end, limits=Limits(line=1_000_000))


def test_a_header_over_the_limit_is_refused() -> None:
    header = HEADER.replace(b"#CHROM", b"##x=y\n" * 1000 + b"#CHROM")
    with pytest.raises(BadInput, match=r"^The header is longer than 5,000 bytes"):
        annotated(header + APOE, limits=Limits(header=5000))


def test_a_gzip_that_unpacks_out_of_proportion_is_refused() -> None:
    bomb = gzip.compress(HEADER + APOE.replace(b"DP=7", b"X=" + b"x" * 1_000_000) * 20)
    with pytest.raises(BadInput, match=r"^The gzip unpacks to more than 100 times its size"):
        annotated(bomb, limits=Limits(ratio=100, ratio_from=5_000_000))
    with pytest.raises(BadInput, match=r"^The gzip unpacks to more than 5,000,000 bytes"):
        annotated(bomb, limits=Limits(unpacked=5_000_000))


def test_memory_stays_flat_however_much_a_gzip_unpacks_to(tmp_path: Path) -> None:
    path = tmp_path / "large.vcf.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(HEADER)
        for _ in range(8):
            stream.write(APOE * 100_000)  # 4 MB
    # getrusage would tell of the process that this one was forked from, which may be larger.
    script = (
        "import re, sys; from ann.anntools import driver; driver.run(sys.argv[1], output=sys.argv[2]);"
        "print(re.search(r'VmHWM:\\s*(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    command = [sys.executable, "-c", script, str(path), str(tmp_path / "out.vcf")]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=os.environ)
    kib = int(done.stdout)
    assert path.stat().st_size < 1_000_000
    assert (tmp_path / "out.vcf").stat().st_size > 60_000_000
    assert kib < 300 * 1024
