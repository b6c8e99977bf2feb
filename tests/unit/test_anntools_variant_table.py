"""variants.parquet, against a full sort of the same rows."""

import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import dataset, parquet

from ann.anntools import __version__, variant_rows, variant_spill, variant_table
from ann.anntools.variant_columns import SCHEMA
from ann.anntools.variant_rows import LONGEST
from ann.anntools.variant_table import VariantTable
from tests.unit.report_samples import CONTIGS, annotated, block, most_severe, random_lines, term_names

STRANGE = ("GL1", "Z", "chrUn_9")
IMPACTS = ("HIGH", "MODERATE", "LOW", "MODIFIER")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make parts so small that a few hundred rows are many of them."""
    monkeypatch.setattr(variant_spill, "ROWS", 64)
    monkeypatch.setattr(variant_table, "ROWS", 64)
    monkeypatch.setattr(variant_table, "WAITING", 32)
    monkeypatch.setattr(variant_rows, "PORTION", 16)
    monkeypatch.setattr(variant_spill, "SAMPLES", 16)


def written(path: Path, pieces: Sequence[Sequence[bytes]]) -> pa.Table:
    """Write pieces of lines, each a block, and return the table."""
    with VariantTable(path, CONTIGS, "GRCh37") as table:
        for seed, lines in enumerate(pieces):
            for part in annotated(lines, seed):
                table.add(part)
            whole = block(lines)
            names, codes = whole.contigs()
            unknown = [code for code, name in enumerate(names) if name.decode("utf-8", "replace") not in CONTIGS]
            table.add_unplaced(whole, np.flatnonzero(np.isin(codes, unknown)))
    with parquet.ParquetFile(path) as file:
        return file.read()


def expected(pieces: Sequence[Sequence[bytes]]) -> list[dict[str, Any]]:
    """Return the rows that the table must have, made and sorted one at a time."""
    rows = []
    strangers: list[str] = []
    for seed, lines in enumerate(pieces):
        for part in annotated(lines, seed):
            rows += [slow_row(part, allele) for allele in range(len(part.alleles))]
        for line in lines:
            chrom, pos, name, ref, alts, qual, filters, _ = line.decode().split("\t")
            if chrom not in CONTIGS:
                strangers += [chrom] * (chrom not in strangers)
                rows += [basic_row(chrom, pos, name, ref, alt, qual, filters) for alt in alts.split(",")]
    order = [*CONTIGS, *strangers]
    return sorted(rows, key=lambda row: (order.index(row["chrom"]), row["pos"], row["ref"], row["alt"]))


def basic_row(chrom: str, pos: str, name: str, ref: str, alt: str, qual: str, filters: str) -> dict[str, Any]:  # noqa: PLR0917
    told = {"id": name, "qual": qual, "filter": filters}
    row = {key: None if value == "." else value for key, value in told.items()}
    row["qual"] = None if row["qual"] is None else float(row["qual"])
    return {"chrom": chrom, "pos": int(pos), "ref": ref, "alt": alt, **row}


def slow_row(part: Any, allele: int) -> dict[str, Any]:
    record = int(part.alleles.record[allele])
    columns = part.block.lines[int(part.rows[record])].decode().split("\t")
    columns[4] = part.alleles.written[allele].decode()
    row = basic_row(*columns[:7]) | {"known": bool(part.known[record])}
    pairs = np.flatnonzero(part.effects.allele == allele).tolist()
    if not pairs:
        return row | (
            {}
            if columns[4] in {"*", "."} or columns[4].upper() == columns[3].upper()
            else {"consequence": "intergenic_variant", "impact": "MODIFIER"}
        )
    pair = min(pairs, key=lambda one: most_severe(int(part.effects.terms[one])))
    transcript = int(part.effects.transcript[pair])
    gene = int(part.transcripts.gene[transcript])
    texts = {
        "gene": part.transcripts.genes[gene],
        "gene_id": part.transcripts.gene_ids[gene],
        "transcript": part.transcripts.names[transcript],
        "biotype": part.transcripts.biotypes[transcript],
        "hgvs_c": part.coding_names[pair],
        "hgvs_p": part.protein_names[pair],
    }
    numbers = {"cdna_position": "cdna", "cds_position": "cds", "protein_position": "protein"}
    numbers |= {name: name for name in ("exon", "intron", "distance")}
    return (
        row
        | {"consequence": "&".join(term_names(int(part.effects.terms[pair])))}
        | {name: text.as_py().decode() or None for name, text in texts.items()}
        | {name: int(getattr(part.effects, field)[pair]) or None for name, field in numbers.items()}
    )


def same(table: pa.Table, rows: list[dict[str, Any]]) -> bool:
    """Whether the table has these rows in this order; type and impact are tested elsewhere."""
    names = [name for name in SCHEMA.names if name not in {"type", "impact"}]
    found = table.select(names).to_pylist()
    return found == [{name: row.get(name) for name in names} for row in rows]


def in_pieces(lines: list[bytes], size: int = 50) -> list[list[bytes]]:
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def by_genome(lines: list[bytes]) -> list[bytes]:
    order = [name.encode() for name in (*CONTIGS, *STRANGE)]
    return sorted(lines, key=lambda line: (order.index(line.split(b"\t")[0]), int(line.split(b"\t")[1])))


ORDERS = {
    "none": lambda lines: lines,
    "genome": by_genome,
    "contigs by name": lambda lines: sorted(lines, key=lambda line: (line.split(b"\t")[0], int(line.split(b"\t")[1]))),
    "backwards": lambda lines: by_genome(lines)[::-1],
    "broken at the end": lambda lines: by_genome(lines)[1:] + by_genome(lines)[:1],
}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("order", ORDERS)
def test_rows_are_those_of_a_full_sort_in_whatever_order_they_came(order: str, tmp_path: Path) -> None:
    pieces = in_pieces(ORDERS[order](random_lines(600, 21, (*CONTIGS, *STRANGE))))
    assert same(written(tmp_path / "v.parquet", pieces), expected(pieces))
    assert [path.name for path in tmp_path.iterdir()] == ["v.parquet"]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("order", ["genome", "none"])
def test_row_groups_are_bounded_and_tell_what_they_hold(order: str, tmp_path: Path) -> None:
    pieces = in_pieces(ORDERS[order](random_lines(600, 22)), 20)
    table = written(tmp_path / "v.parquet", pieces)
    with parquet.ParquetFile(tmp_path / "v.parquet") as file:
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        metadata = file.schema_arrow.metadata
    assert sum(group.num_rows for group in groups) == table.num_rows
    # A block of 20 lines comes on top of 64 rows; sampling is off by a batch's step, one for each batch.
    assert max(group.num_rows for group in groups) < 2 * 64 + 60
    pos = [group.column(1).statistics for group in groups]
    assert all(one.has_min_max for one in pos)
    assert (metadata[b"schema"], metadata[b"assembly"]) == (b"gas-variants/1", b"GRCh37")
    assert metadata[b"engine_version"] == __version__.encode()


@pytest.mark.usefixtures("small_parts")
def test_sorted_input_needs_no_file_besides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variant_table, "Spill", None)
    pieces = in_pieces(by_genome(random_lines(400, 23)), 10)
    assert same(written(tmp_path / "v.parquet", pieces), expected(pieces))


@pytest.mark.usefixtures("small_parts")
def test_one_place_with_more_rows_than_a_part_is_no_trouble(tmp_path: Path) -> None:
    lines = [b"1\t77\t.\tA\t%s\t.\t.\tEND=80" % base for base in (b"C", b"G") for _ in range(400)]
    lines = [*random_lines(100, 24), *lines, *random_lines(100, 25)]
    table = written(tmp_path / "v.parquet", in_pieces(lines))
    rows = expected(in_pieces(lines))
    places = [(row["chrom"], row["pos"]) for row in rows]
    assert list(zip(table["chrom"].to_pylist(), table["pos"].to_pylist(), strict=True)) == places
    assert table["alt"].to_pylist().count("G") == [row["alt"] for row in rows].count("G")


def test_types_and_impacts_are_words_of_a_fixed_list(tmp_path: Path) -> None:
    table = written(tmp_path / "v.parquet", [random_lines(200, 26)])
    assert set(table["impact"].to_pylist()) <= {*IMPACTS, None}
    assert {"SNV", "insertion", "deletion", "SV"} <= set(table["type"].to_pylist())
    assert all(table.schema.field(name).type == SCHEMA.field(name).type for name in SCHEMA.names)


def test_bytes_that_are_no_text_and_texts_without_end_are_readable(tmp_path: Path) -> None:
    lines = [
        b"1\t5\t\xff\xfe\tA\t" + b"C" * 5000 + b",G\tmany\tq\xc3\xa9\t.",
        b"\xe9\t5\tx\tA\tC\tnan\t\t.",
        b"1\t6\tx\tA\tC\t1e999\t.\t.",
        b"1\t7\tx\tA\tC\t1_000\t.\t.",
        b"1\t8\tx\tA\tC\t-1.5e1\t.\t.",
    ]
    rows = written(tmp_path / "v.parquet", [lines]).to_pylist()
    assert [row["id"] for row in rows] == ["\ufffd\ufffd", "\ufffd\ufffd", "x", "x", "x", "x"]
    assert rows[0]["alt"] == "C" * LONGEST + "..."
    assert [row["qual"] for row in rows[:5]] == [None, None, math.inf, None, -15]
    assert rows[0]["filter"] == "qé"
    assert (rows[5]["chrom"], rows[5]["filter"]) == ("\ufffd", None)


@pytest.mark.usefixtures("small_parts")
def test_contigs_without_end_share_a_place_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variant_table, "STRANGERS", 2)
    pieces = in_pieces(random_lines(300, 27, [*CONTIGS, *(f"U{number}" for number in range(9))]))
    chroms = written(tmp_path / "v.parquet", pieces)["chrom"].to_pylist()
    runs = [chrom for before, chrom in zip([None, *chroms], chroms, strict=False) if chrom != before]
    assert runs[: len(CONTIGS)] == list(CONTIGS)
    assert len(runs[: len(CONTIGS) + 2]) == len(set(runs[: len(CONTIGS) + 2]))
    assert set(chroms) == {*CONTIGS, *(f"U{number}" for number in range(9))}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("order", ["genome", "none"])
def test_a_failed_run_leaves_nothing_behind(order: str, tmp_path: Path) -> None:
    (tmp_path / "v.parquet").write_bytes(b"of an earlier run")

    def fail() -> None:
        with VariantTable(tmp_path / "v.parquet", CONTIGS, "GRCh37") as table:
            for part in annotated(ORDERS[order](random_lines(300, 28))):
                table.add(part)
            raise KeyError("somewhere else")

    with pytest.raises(KeyError, match="somewhere else"):
        fail()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"of an earlier run"]


def test_a_table_without_records_has_its_columns(tmp_path: Path) -> None:
    table = VariantTable(tmp_path / "v.parquet", CONTIGS, "GRCh37")
    table.close()
    assert parquet.read_table(tmp_path / "v.parquet").schema.names == SCHEMA.names


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(*[st.binary(min_size=1, max_size=6)] * 5), min_size=1, max_size=8))
def test_any_bytes_in_the_columns_make_a_table_that_can_be_read(rows: list[tuple[bytes, ...]]) -> None:
    columns = [[bytes(byte for byte in text if byte not in b"\t\r\n\0") or b"." for text in row] for row in rows]
    lines = [b"\t".join([b"1", b"7", *row, b"."]) for row in columns]
    with tempfile.TemporaryDirectory() as folder:
        table = written(Path(folder) / "v.parquet", [lines, [b"?" + line for line in lines]])
    assert table.num_rows == 2 * sum(row[2].count(b",") + 1 for row in columns)
    table.validate(full=True)


def test_a_filter_on_place_reads_only_the_row_groups_that_hold_it(tmp_path: Path, small_parts: None) -> None:
    pieces = in_pieces(by_genome(random_lines(600, 29)), 10)
    written(tmp_path / "v.parquet", pieces)
    places = (dataset.field("chrom") == "2") & (dataset.field("pos") > 30_000)
    table = dataset.dataset(tmp_path / "v.parquet")
    fragments = [part for fragment in table.get_fragments() for part in fragment.split_by_row_group(places)]
    everything = [part for fragment in table.get_fragments() for part in fragment.split_by_row_group()]
    assert 0 < len(fragments) <= len(everything) / 3
    found = table.to_table(filter=places)
    rows = [row for row in expected(pieces) if row["chrom"] == "2" and row["pos"] > 30_000]
    assert found["alt"].to_pylist() == [row["alt"] for row in rows]


def test_parquet_is_not_loaded_before_a_table_is_begun() -> None:
    code = "import sys, ann.anntools.variant_table; sys.exit('pyarrow.parquet' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
