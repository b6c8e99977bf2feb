"""The formats that sources come as: where their rows lie, and the sentences where they do not fit."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ann.anntools import tables
from ann.anntools.errors import ReferenceDataError
from ann.anntools.places import Bodies
from tests.unit.track_samples import HEADER, TITLES, asked, compiled, key, vcf


def at(*positions: int, chrom: str = "chr1") -> str:
    return vcf(*((chrom, position, "A", "C") for position in positions))


def test_a_bed_is_counted_from_0_and_its_lines_for_browsers_are_left_out(tmp_path: Path) -> None:
    text = (
        "# made by hand\ntrack name=x\nbrowser position chr1:1-9\n\nchr1\t4\t6\ta\n#chr1\t0\t90\tb\ntracked\t0\t9\tc\n"
    )
    track, entry = compiled(tmp_path, text)
    assert asked(track, at(4, 5, 6, 7))[0] == ["", ";X=a", ";X=a", ""]
    assert entry["counts"] == {"rows": 2, "kept": 1, "unknown": {"tracked": 1}}


@pytest.mark.parametrize("packed", [False, True])
def test_files_are_read_a_piece_at_a_time_plain_or_packed(
    *, packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "PIECE", 64)
    text = "".join(f"1\t{start}\t{start + 1}\tn{start}\r\n" for start in range(0, 900, 3)).encode()
    # Two members in one file, as bgzip and cat make them.
    content = gzip.compress(text[:1000]) + gzip.compress(text[1000:]) if packed else text
    track, entry = compiled(tmp_path, content)
    assert entry["counts"]["kept"] == 300
    assert asked(track, at(1, 898, 899))[0] == [";X=n0", ";X=n897", ""]


@pytest.mark.parametrize("bin_column", ["585\t", ""])
def test_a_table_of_ucsc_is_read_by_the_names_of_its_columns(bin_column: str, tmp_path: Path) -> None:
    row = (
        "chr1\t99\t200\tchr2:50\t0\t-\tchr2\t49\t150\t500\t1\t1000"
        + "\tN/A" * 4
        + "\tf"
        + "\t9" * 8
        + "\t0.98\t0.97\t0\t0"
    )
    info = [key("DUP", "{otherChrom}:{otherStart+1}-{otherEnd}"), key("SAME", "fracMatch", kind="Float")]
    track, _ = compiled(tmp_path, bin_column + row + "\n", format="ucsc", table="genomicSuperDups", info=info)
    assert asked(track, at(99, 100, 200, 201))[0] == ["", *[";DUP=chr2:50-150;SAME=0.98"] * 2, ""]


def test_a_recipe_may_name_the_columns_of_a_table_and_others_go_by_number(tmp_path: Path) -> None:
    columns = ["what", "chrom", "chromStart", "chromEnd"]
    track, _ = compiled(tmp_path, "a\tchr1\t4\t6\n", format="ucsc", columns=columns, info=key(column="what"))
    assert asked(track, at(5))[0] == [";X=a"]
    (tmp_path / "b").mkdir()
    track, _ = compiled(tmp_path / "b", "a\tchr1\t4\t6\tz\n", format="ucsc", columns=columns, info=key(column="5"))
    assert asked(track, at(5))[0] == [";X=z"]


def test_what_has_no_length_lies_on_the_base_before_it(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t5\t5\ta\nchr1\t0\t0\tb\n")
    assert asked(track, at(1, 4, 5, 6))[0] == [";X=b", "", ";X=a", ""]


def test_gff3_is_counted_from_1_and_gives_attributes(tmp_path: Path) -> None:
    text = (
        "##gff-version 3\n1\t.\tgene\t5\t8\t.\t+\t.\tID=g1;Name=a%3Bb,c d\n###\n1\t.\tgene\t9\t9\t.\t+\t.\tID=g2\n"
        "##FASTA\n>1\nACGT\n"
    )
    text = text.partition("##FASTA")[0]
    track, _ = compiled(tmp_path, text, format="gff3", info=[key("ID", "ID"), key("NAME", "Name")])
    assert asked(track, at(4, 5, 8, 9))[0] == ["", *[";ID=g1;NAME=a%3Bb,c%20d"] * 2, ";ID=g2"]


def test_a_vcf_by_overlap_counts_from_pos_to_end(tmp_path: Path) -> None:
    text = HEADER + TITLES + "chr1\t5\t.\tACG\tA\t.\t.\tK=a;F\nchr1\t20\t.\tN\t<DEL>\t.\t.\tSVTYPE=DEL;END=30;K=b\n"
    info = [key(column="K"), key("F", "", "0", "Flag"), key("G", "END", "0", "Flag")]
    track, _ = compiled(tmp_path, text, format="vcf", info=info)
    assert asked(track, at(5, 7, 8, 20, 30, 31))[0] == [";X=a;F", ";X=a;F", "", ";X=b;G", ";X=b;G", ""]


@pytest.mark.parametrize(
    ("text", "spec", "said"),
    [
        ("chr1\t5\t9\ta\nchr1\t9\t5\tb\n", {}, "source.txt, line 2: its first base, 10, comes after its last, 5."),
        ("chr1\t5\t9\ta\n#\nchr1\tx\t9\tb\n", {}, "line 3: chromStart is 'x', it must be a whole number."),
        ("chr1\t-5\t9\ta\n", {}, "line 1: bases -4 to 9 are not all on 1"),
        ("chr1\t5\t99999999999999999999\ta\n", {}, "line 1: chromEnd is '99999999999999999999'"),
        ("chr1\t5\t100001\ta\n", {}, "line 1: bases 6 to 100001 are not all on 1, which has 100000 bases."),
        ("chr1\t5\t9\ta\nchr1\t5\t9\n", {}, "line 2: it has 3 columns, the lines before have 4."),
        ("chr1\t5\t9\n", {}, "has no column 'name'; its columns are chrom, chromStart, chromEnd or 1 to 3."),
        ("chr1\t5\n", {"format": "ucsc", "table": "cytoBand"}, "has 2 columns, those of cytoBand are 5: chrom"),
        ("chr1\t5\t9\n", {"format": "ucsc", "table": "odd"}, "needs columns = [...]"),
        ("1\t5\n", {"format": "ucsc", "columns": ["chrom", "at"]}, "needs one of the columns POS, chromStart"),
        ("chr1\t1\t.\tA\tC\n", {"format": "vcf", "match": "allele"}, "source.txt: "),
        (HEADER + TITLES + "chr1\tx\t.\tA\tC\t.\t.\t.\n", {"format": "vcf", "match": "allele"}, "Line 5: POS is 'x'"),
        ("1\t0\t9\t7\n1\t0\t9\t7e\n", {"info": key(kind="Integer")}, "line 2: name is '7e', X wants type Integer."),
        ("1\t0\t9\t.5e-3\n1\t0\t9\t-\n", {"info": key(kind="Float")}, "line 2: name is '-', X wants type Float."),
        ("a\tb\n", {"match": "gene"}, "is placed by genes, but the recipe has no [genes]"),
        (b"\x1f\x8b\x08broken", {}, "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_line_and_value(
    text: str, spec: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ReferenceDataError) as caught:
        compiled(tmp_path, text, **spec)
    assert said in str(caught.value)


def test_a_file_without_rows_gives_a_track_that_says_nothing(tmp_path: Path) -> None:
    track, entry = compiled(tmp_path, "")
    assert asked(track, at(5))[0] == [""]
    assert entry["counts"] == {"rows": 0, "kept": 0, "unknown": {}}


def test_contigs_to_skip_are_left_out_and_counted(tmp_path: Path) -> None:
    track, entry = compiled(tmp_path, "chr1\t0\t9\ta\nchr2\t0\t9\tb\n", skip=["chr2"])
    assert asked(track, at(5) + at(5, chrom="chr2").splitlines()[-1] + "\n")[0] == [";X=a", ""]
    assert entry["counts"]["unknown"] == {"chr2": 1}


def bodies(*rows: tuple[str, int, int, int]) -> Bodies:
    symbols, starts, ends, strand = zip(*rows, strict=True) if rows else ((), (), (), ())
    numbers = (np.array(column, np.int64) for column in (starts, ends, strand))
    return Bodies(pa.array([symbol.encode() for symbol in symbols], pa.binary()), *numbers)


GENES = {
    "1": bodies(("A", 2000, 3000, 1), ("A", 2100, 3500, 1), ("B", 5000, 6000, -1), ("C", 9000, 9100, 1)),
    "2": bodies(("D", 100, 200, 1)),
}


def test_a_source_by_gene_lies_on_the_transcripts_of_the_genes_that_it_names(tmp_path: Path) -> None:
    text = "symbol\tname\nA\talpha, first\nB\tbeta\nB\tbeta two\nZ\tzeta\nD\tdelta\n"
    spec: dict[str, Any] = {"format": "ucsc", "match": "gene", "columns": ["symbol", "name"]}
    track, _ = compiled(tmp_path, text, genes=GENES, info=key("line"), **spec)
    answers = asked(track, at(1999, 2000, 3500, 5500, 9000) + at(150, chrom="chr2").splitlines()[-1] + "\n")[0]
    assert answers == ["", *[";line=alpha%2C%20first"] * 2, ";line=beta,beta%20two", "", ";line=delta"]


def test_a_putative_promoter_is_500_bases_before_a_transcript_that_overlap_an_island(tmp_path: Path) -> None:
    islands = "585\tchr1\t1590\t1610\tCpG\t20\t5\t9\t1\t1\t1\n585\tchr1\t6400\t6600\tCpG\t9\t9\t9\t1\t1\t1\n"
    track, _ = compiled(tmp_path, islands, genes=GENES, format="promoter", info=key("PROMOTER", "gene"))
    answers = asked(track, at(1499, 1500, 1599, 1600, 2099, 2100, 6000, 6001, 6500, 6501, 8900))[0]
    said, other = ";PROMOTER=A", ";PROMOTER=B"
    assert answers == ["", said, said, said, said, "", "", other, other, "", ""]
