"""What comes out for what goes in, when the input is good."""

import gzip
import json
from pathlib import Path

import pytest

from ann.anntools import driver
from ann.anntools.errors import BadInput
from ann.anntools.refdata import load
from tests.unit.anntools_samples import APOE, HEADER, MCM6, MITOCHONDRIAL, annotated, info, records

TRACK_KEYS = [key for track in load("GRCh37").tracks for key in track.keys]
EIGHT = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


def test_a_run_writes_result_log_and_summary_beside_the_input(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(HEADER + APOE + MCM6)
    report = driver.run(path, "vcf")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "x.annot.vcf",
        "x.summary.json",
        "x.vcf",
        "x.vcf.count.log",
    ]
    assert (report.variant_count, report.assembly) == (2, "GRCh37")
    assert report.engine_version
    assert report.reference_version
    summary = json.loads(report.summary.read_text())
    assert summary["schema"] == "gas-summary/2"
    assert summary["total"] == sum(summary["regions"].values()) == 2
    assert "Total: 2\n" in report.log.read_text()
    assert "Assembly: GRCh37, because ##reference says GRCh37\n" in report.log.read_text()


def test_consequence_gene_region_and_cytoband_are_told() -> None:
    first, second = records(annotated(HEADER + APOE + MCM6)[0])
    assert info(first)["GENE"].split(",")[0] == "APOE"
    entries = [entry.split("|") for entry in info(first)["ANN"].split(",")]
    assert {len(entry) for entry in entries} == {16}
    assert {entry[0] for entry in entries} == {"C"}
    assert entries[0][3:8] == ["APOE", "", "transcript", "ENST00000252486", "protein_coding"]
    assert info(first)["REGION"] == "CDS"
    assert info(first)["CYTOBAND"] == "19q13.32"
    assert info(second)["GENE"] == "MCM6"
    assert info(second)["REGION"] == "intron"
    assert info(second)["ANN"].split("|")[:4] == ["A", "intron_variant", "MODIFIER", "MCM6"]


def test_info_is_appended_to_and_a_dot_is_replaced() -> None:
    first, second = records(annotated(HEADER + APOE + MCM6)[0])
    assert first.startswith(APOE.rstrip(b"\n") + b";ANN=C|")
    assert second.startswith(MCM6.rstrip(b".\n") + b"ANN=A|")


@pytest.mark.parametrize("end", [b"\n", b""])
def test_an_empty_info_is_filled(end: bytes) -> None:
    line = records(annotated(HEADER + MCM6.rstrip(b".\n") + end)[0])[0]
    assert line.startswith(MCM6.rstrip(b".\n") + b"ANN=A|")


def test_each_allele_that_changes_something_has_its_consequences() -> None:
    alone = info(records(annotated(HEADER + APOE)[0])[0])
    line = info(records(annotated(HEADER + APOE.replace(b"\tC\t", b"\tC,G,*\t"))[0])[0])
    assert (line["GENE"], line["REGION"]) == (alone["GENE"], alone["REGION"])
    entries = [entry.split("|") for entry in line["ANN"].split(",")]
    assert {entry[0] for entry in entries} == {"C", "G"}
    assert len(entries) == 2 * len(alone["ANN"].split(","))


def test_new_header_lines_stand_just_before_the_column_names() -> None:
    header = [line for line in annotated(HEADER + APOE)[0].splitlines() if line.startswith(b"#")]
    assert header[:2] == HEADER.splitlines()[:2]
    assert [line.split(b",")[0] for line in header[2:-1]] == [
        b"##INFO=<ID=ANN",
        b"##INFO=<ID=GENE",
        b"##INFO=<ID=REGION",
        *(b"##INFO=<ID=%s" % key.name.encode() for key in TRACK_KEYS),
    ]
    assert header[-1] == EIGHT


@pytest.mark.parametrize("name", [b"19", b"chr19", b"CHR19", b"Chr19", b"NC_000019.9"])
def test_a_contig_is_found_by_any_of_its_names(name: bytes) -> None:
    line = records(annotated(HEADER + APOE.replace(b"19\t", name + b"\t", 1))[0])[0]
    assert line.startswith(name + b"\t")
    assert info(line)["GENE"] == "APOE"


def test_windows_line_ends_stay() -> None:
    text = (HEADER + APOE + MCM6).replace(b"\n", b"\r\n")
    output = annotated(text)[0]
    assert output.count(b"\r\n") == output.count(b"\n")
    assert output.replace(b"\r\n", b"\n") == annotated(HEADER + APOE + MCM6)[0]


def test_a_last_line_without_its_end_stays_without() -> None:
    assert annotated((HEADER + APOE)[:-1])[0] == annotated(HEADER + APOE)[0][:-1]


def test_empty_lines_at_the_end_are_dropped() -> None:
    assert annotated(HEADER + APOE + b"\n\r\n\n")[0] == annotated(HEADER + APOE)[0]


def test_a_byte_order_mark_is_dropped() -> None:
    assert annotated(b"\xef\xbb\xbf" + HEADER + APOE)[0] == annotated(HEADER + APOE)[0]


def test_samples_are_copied_to_the_byte() -> None:
    samples = b"\tGT:XX\t" + b"\t".join(b"0/1:%d;GENE=x" % number for number in range(50))
    names = b"\tFORMAT\t" + b"\t".join(b"S%d" % number for number in range(50))
    header = HEADER.rstrip(b"\n") + names + b"\n"
    line = records(annotated(header + APOE.rstrip(b"\n") + samples + b"\n")[0])[0]
    assert line.endswith(samples)


def test_annotating_twice_changes_nothing() -> None:
    once = annotated(HEADER + APOE + MCM6)[0]
    assert annotated(once)[0] == once


def test_a_key_that_the_input_declares_otherwise_is_left_alone() -> None:
    declared = b'##INFO=<ID=GENE,Number=1,Type=String,Description="Gene of the panel">\n'
    header = HEADER.replace(b"#CHROM", declared + b"#CHROM")
    output, findings = annotated(header + APOE.replace(b"DP=7", b"GENE=mine"))
    assert declared in output
    assert info(records(output)[0])["GENE"] == "mine"
    assert info(records(output)[0])["GAS_GENE"] == "APOE"
    assert findings.warnings == ("The input uses the INFO key GENE in its own sense; ours is called GAS_GENE.",)
    assert annotated(output)[0] == output


def test_a_key_that_the_records_use_undeclared_is_left_alone() -> None:
    line = records(annotated(HEADER + APOE.replace(b"DP=7", b"DP=7;REGION;AC=1"))[0])[0]
    assert b"DP=7;REGION;AC=1;ANN=C|" in line
    assert info(line)["GAS_REGION"].startswith("CDS")


def touched(record: bytes) -> list[str]:
    """Return the genes of which an annotated record says more than that they are close by."""
    entries = [entry.split("|") for entry in info(records(annotated(HEADER + record)[0])[0])["ANN"].split(",")]
    return [entry[3] for entry in entries if "stream_gene_variant" not in entry[1]]


def test_a_deletion_reaches_to_the_end_that_info_tells() -> None:
    deletion = b"19\t45400000\t.\tA\t<DEL>\t.\t.\tEND=45420000\n"
    assert "APOE" in touched(deletion)
    by_length = deletion.replace(b"END=45420000", b"SVLEN=-20000")
    assert "APOE" in touched(by_length)
    point = deletion.replace(b"END=45420000", b"DP=1")
    assert "APOE" not in touched(point)


def test_the_length_of_an_insertion_is_no_span() -> None:
    insertion = b"19\t45400000\t.\tA\t<INS>\t.\t.\tSVLEN=20000\n"
    assert "APOE" not in touched(insertion)


def test_a_record_whose_contig_is_unknown_is_copied_and_counted() -> None:
    stray = b"GL000191.1\t5\t.\tA\tC\t.\t.\tDP=1\n"
    output, findings = annotated(HEADER + stray + APOE)
    assert records(output)[0] == stray.rstrip(b"\n")
    assert dict(findings.tally.unplaced_by) == {"the contig GL000191.1 is not in GRCh37": 1}
    assert "Not placed: 1\n  1: the contig GL000191.1 is not in GRCh37\n" in findings.log()


def test_positions_off_the_contig_are_copied_and_counted() -> None:
    output, findings = annotated(HEADER + b"1\t0\t.\tN\t.\t.\t.\t.\n1\t249250622\t.\tN\tA\t.\t.\t.\n")
    assert findings.tally.unplaced_by.total() == 2
    assert b"REGION" not in b"".join(records(output))


def test_unsorted_records_keep_their_order() -> None:
    output, _ = annotated(HEADER + APOE + MCM6 + APOE)
    assert [line.split(b"\t")[0] for line in records(output)] == [b"19", b"2", b"19"]
    assert records(output)[0] == records(output)[2]


def test_mitochondrial_records_of_a_nuclear_assembly_use_the_rcrs() -> None:
    output, findings = annotated(HEADER + b"MT\t11778\t.\tG\tA\t.\t.\t.\n")
    assert info(records(output)[0])["GENE"] == "MT-ND4"
    assert findings.tally.mismatches == 0
    assert any(source.kind == "sequence" for source in findings.sources)


def test_hg19s_own_mitochondrion_is_not_taken_for_the_rcrs() -> None:
    declared = HEADER.replace(b"#CHROM", b"##contig=<ID=chrM,length=16571>\n#CHROM")
    output, findings = annotated(declared + b"chrM\t11778\t.\tG\tA\t.\t.\t.\n")
    assert info(records(output)[0]) == {".": ""}
    assert list(findings.tally.unplaced_by) == ["the mitochondrion chrM of 16,571 bases is not the rCRS"]


def test_a_ref_that_is_not_the_references_is_warned_of() -> None:
    findings = annotated(MITOCHONDRIAL + b"MT\t11778\t.\tG\tA\t.\t.\t.\nMT\t73\t.\tC\tG\t.\t.\t.\n")[1]
    assert (findings.tally.compared, findings.tally.mismatches) == (2, 1)
    assert "REF is not the base of the reference in 1 of 2 records, first on line 5" in findings.log()


def test_a_header_without_records_gives_a_header_without_records() -> None:
    output, findings = annotated(HEADER)
    assert records(output) == []
    assert b"##INFO=<ID=ANN" in output
    assert (findings.tally.records, findings.assembly.name) == (0, "GRCh37")
    unknown = annotated(b"##fileformat=VCFv4.2\n" + EIGHT)[1]
    assert unknown.assembly.name == "unknown"
    assert "Total: 0\n" in unknown.log()


def test_a_deletion_of_a_whole_chromosome_lists_a_bounded_number_of_transcripts() -> None:
    output, findings = annotated(HEADER + b"1\t1\t.\tN\t<DEL>\t.\t.\tEND=249250621\n")
    assert len(info(records(output)[0])["ANN"].split(",")) == 200
    assert findings.warnings[-1].startswith("1 records touch more transcripts than are listed")


@pytest.mark.parametrize("packing", ["gzip", "several members", "bgzf"])
def test_compressed_input_is_known_by_its_bytes(tmp_path: Path, packing: str) -> None:
    text = HEADER + APOE + MCM6
    plain = tmp_path / "plain.vcf"
    plain.write_bytes(text)
    expected = driver.run(plain).output.read_bytes()
    packed = {
        "gzip": lambda: gzip.compress(text),
        "several members": lambda: gzip.compress(text[:100]) + gzip.compress(text[100:]) + b"\0" * 512,
        "bgzf": driver.run(plain, output=tmp_path / "again.vcf.gz").output.read_bytes,
    }[packing]()
    path = tmp_path / "named_plain.vcf"
    path.write_bytes(packed)
    assert driver.run(path).output.read_bytes() == expected


def test_a_result_for_a_gz_is_bgzf_and_holds_the_same(tmp_path: Path) -> None:
    text = HEADER + APOE * 5000
    path = tmp_path / "x.vcf.gz"
    path.write_bytes(gzip.compress(text))
    report = driver.run(path)
    assert report.output.name == "x.annot.vcf.gz"
    assert report.log.name == "x.vcf.gz.count.log"
    packed = report.output.read_bytes()
    assert packed[12:16] == b"BC\x02\x00"
    assert packed.endswith(bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000"))
    assert gzip.decompress(packed) == annotated(text)[0]


def test_blocks_do_not_show_in_the_result() -> None:
    line = b"1\t%d\t.\tA\tC\t.\tPASS\tTEXT=" + b"x" * 5000 + b"\n"
    lines = [line % (100_000 + number) for number in range(900)]
    output, findings = annotated(HEADER + b"".join(lines))
    alone = [records(annotated(HEADER + one)[0])[0] for one in lines[::300]]
    assert findings.tally.records == 900
    assert records(output)[::300] == alone


def test_progress_is_told_up_to_the_last_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(HEADER + APOE * 100_000)
    told: list[tuple[int, int]] = []
    driver.run(path, progress=lambda *done: told.append(done))
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == (100_000, path.stat().st_size)


def test_a_refused_input_leaves_no_result_but_a_log_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf"
    path.write_bytes(HEADER + APOE * 50_000 + b"1\tx\t.\tA\tC\t.\t.\t.\n")
    with pytest.raises(BadInput):
        driver.run(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.vcf", "x.vcf.count.log"]
    assert (tmp_path / "x.vcf.count.log").read_text() == (
        "Input: x.vcf\nNot annotated: Line 50004: POS is 'x', it must be a number from 0 to 2147483647.\n"
    )


def test_a_name_as_long_as_its_results_allow_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 120 + ".vcf")
    path.write_bytes(HEADER + APOE)
    assert driver.run(path).output.read_bytes() == annotated(HEADER + APOE)[0]
    assert len(path.with_name(path.name + ".count.log").name.encode()) == 254


def test_only_vcf_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kind 'pileup' is not known"):
        driver.run(tmp_path / "x", "pileup")


def test_log_and_summary_lie_beside_the_result(tmp_path: Path) -> None:
    source = tmp_path / "given" / "x.vcf"
    source.parent.mkdir()
    source.write_bytes(HEADER + APOE)
    (tmp_path / "made").mkdir()
    driver.run(source, output=tmp_path / "made" / "y.vcf.gz")
    assert [path.name for path in source.parent.iterdir()] == ["x.vcf"]
    made = {path.name for path in (tmp_path / "made").iterdir()}
    assert made == {"y.vcf.gz", "x.vcf.count.log", "x.summary.json"}
