"""Sources by overlap say what bcftools, vcfanno and a loop over all intervals say."""

import random
import shutil
import subprocess
from pathlib import Path

import pysam
import pytest
from pysam import bcftools

from ann.anntools import overlap, overlap_build
from ann.anntools.errors import BadInput, ReferenceDataError
from ann.anntools.tracks import open_track
from tests.unit.track_samples import HEADER, asked, compiled, key, vcf

VCFANNO = shutil.which("vcfanno")
Interval = tuple[str, int, int, str]


def intervals(seed: int, count: int, longest: int, names: int) -> list[Interval]:
    """Return (contig, start, end, name), 0-based half-open, sorted by place."""
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        start = draw.randrange(20_000)
        end = start + draw.randint(1, draw.choice((1, 20, longest)))
        found.append((draw.choice(("chr1", "chr2")), start, end, f"n{draw.randrange(names)}"))
    return sorted(found, key=lambda interval: interval[:2])


def records(seed: int, count: int) -> str:
    draw = random.Random(seed)
    found = []
    for _ in range(count):
        size = draw.choice((1, 1, 1, 2, 30, 400))
        ref = "".join(draw.choices("ACGT", k=size))
        alt = draw.choice([base for base in "ACGT" if base != ref])
        found.append((draw.choice(("chr1", "chr2")), draw.randrange(1, 25_000), ref, alt))
    # Of two records at one place vcfanno misses intervals of the longer one where that comes first.
    return vcf(*sorted(found, key=lambda record: (*record[:2], len(record[2]))))


def bed(rows: list[Interval]) -> str:
    return "".join(f"{contig}\t{start}\t{end}\t{name}\n" for contig, start, end, name in rows)


def by_hand(rows: list[Interval], text: str) -> list[str]:
    answers = []
    for line in text.splitlines():
        if not line.startswith("#"):
            chrom, pos, _, ref = line.split("\t")[:4]
            first, last = int(pos), int(pos) + len(ref) - 1
            touched = [row for row in rows if row[0] == chrom and row[1] < last and row[2] >= first]
            names = ",".join(dict.fromkeys(row[3] for row in touched))
            answers.append(f";X={names}" if names else "")
    return answers


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("longest", "names"), [(50, 1000), (3000, 40), (15_000, 3)])
def test_every_value_is_that_of_a_loop_over_all_intervals(seed: int, longest: int, names: int, tmp_path: Path) -> None:
    rows = intervals(seed, 400, longest, names)
    track, entry = compiled(tmp_path, bed(rows))
    text = records(seed + 100, 500)
    assert asked(track, text)[0] == by_hand(rows, text)
    assert entry["counts"] == {"rows": 400, "kept": 400, "unknown": {}}


def test_places_too_deep_for_ready_made_texts_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap_build, "GROWTH", 2)
    monkeypatch.setattr(overlap_build, "FLOOR", 0)
    monkeypatch.setattr(overlap, "MOST_PAIRS", 1000)
    rows = intervals(5, 400, 19_000, 1000)
    track, _ = compiled(tmp_path, bed(rows))
    text = records(6, 500)
    assert asked(track, text)[0] == by_hand(rows, text)


def test_values_are_those_of_bcftools_annotate(tmp_path: Path) -> None:
    rows = intervals(7, 500, 2000, 60)
    text = records(8, 800)
    track, _ = compiled(tmp_path, bed(rows))
    table = tmp_path / "track.tsv"
    table.write_text("".join(f"{c}\t{start + 1}\t{end}\t{name}\n" for c, start, end, name in rows))
    packed = pysam.tabix_index(str(table), seq_col=0, start_col=1, end_col=2, force=True)
    header = tmp_path / "header.txt"
    header.write_text('##INFO=<ID=X,Number=.,Type=String,Description="About X">\n')
    source = tmp_path / "in.vcf"
    source.write_text(text)
    arguments = ("-a", packed, "-h", str(header), "-c", "CHROM,FROM,TO,X", "--merge-logic", "X:unique", str(source))
    result = bcftools.annotate(*arguments)
    theirs = [line.split("\t")[7] for line in result.splitlines() if not line.startswith("#")]
    assert [said.removeprefix(";") or "." for said in asked(track, text)[0]] == theirs


@pytest.mark.skipif(VCFANNO is None, reason="vcfanno is not installed (Debian: vcfanno)")
def test_values_are_those_of_vcfanno(tmp_path: Path) -> None:
    rows = intervals(9, 500, 2000, 60)
    text = records(10, 800)
    track, _ = compiled(tmp_path, bed(rows))
    table = tmp_path / "track.bed"
    table.write_text(bed(rows))
    packed = pysam.tabix_index(str(table), preset="bed", force=True)
    settings = tmp_path / "vcfanno.toml"
    settings.write_text(f'[[annotation]]\nfile="{packed}"\ncolumns=[4]\nnames=["X"]\nops=["uniq"]\n')
    source = tmp_path / "in.vcf"
    source.write_text(text)
    command = [str(VCFANNO), "-p", "1", str(settings), str(source)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    theirs = [line.split("\t")[7] for line in result.stdout.splitlines() if not line.startswith("#")]
    assert [said.removeprefix(";") or "." for said in asked(track, text)[0]] == theirs


def test_reserved_characters_blanks_and_letters_beyond_ascii_are_escaped(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t0\t10\ta;b=c,d e%f\u00e9\n")
    assert asked(track, vcf(("chr1", 5, "A", "C")))[0] == [";X=a%3Bb%3Dc%2Cd%20e%25f%C3%A9"]


def test_bcftools_reads_back_an_escaped_value(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t0\t10\ta;b=c,d e\n")
    info = asked(track, vcf(("chr1", 5, "A", "C")))[0][0].removeprefix(";")
    path = tmp_path / "out.vcf"
    declared = HEADER + track.keys[0].line().decode() + "\n"
    path.write_text(declared + f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t5\t.\tA\tC\t.\t.\t{info}\n")
    assert bcftools.query("-f", "%INFO/X\n", str(path)) == "a%3Bb%3Dc%2Cd%20e\n"


def test_several_keys_of_a_source_stand_side_by_side_and_missing_values_leave_theirs_out(tmp_path: Path) -> None:
    lines = "chr1\t0\t10\ta\t7\nchr1\t5\t20\t.\t8\nchr1\t30\t40\t.\t.\n"
    track, _ = compiled(tmp_path, lines, info=[key("N"), key("S", "score")])
    records = vcf(("chr1", 3, "A", "C"), ("chr1", 6, "A", "C"), ("chr1", 15, "A", "C"), ("chr1", 35, "A", "C"))
    assert asked(track, records)[0] == [";N=a;S=7", ";N=a;S=7,8", ";S=8", ""]


def test_a_number_of_one_takes_the_first_value_and_a_flag_takes_none(tmp_path: Path) -> None:
    lines = "chr1\t0\t10\ta\nchr1\t5\t20\tb\n"
    track, _ = compiled(tmp_path, lines, info=[key("ONE", number="1"), key("IN", "", "0", "Flag")])
    records = vcf(("chr1", 7, "A", "C"), ("chr1", 15, "A", "C"), ("chr1", 30, "A", "C"), ("chr1", 9, "ACGT", "A"))
    assert asked(track, records)[0] == [";ONE=a;IN", ";ONE=b;IN", "", ";ONE=a;IN"]


def test_a_track_writes_other_names_where_it_is_told_to(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t0\t10\tX=1\n", info=[key("X"), key("XX", "", "0", "Flag")])
    other = track.renamed({"X": "X_1", "XX": "XX_1"})
    records = vcf(("chr1", 5, "A", "C"), ("chr1", 9, "ACGT", "A"))
    assert asked(other, records)[0] == [";X_1=X%3D1;XX_1"] * 2
    assert [one.name for one in other.keys] == ["X_1", "XX_1"]
    assert asked(track, records)[0] == [";X=X%3D1;XX"] * 2


def test_a_record_gets_a_thousand_values_at_most(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "".join(f"chr1\t{start}\t{start + 1}\tn{start}\n" for start in range(1500)))
    said = asked(track, vcf(("chr1", 1, "A" * 1400, "C")))[0][0]
    assert said == ";X=" + ",".join(f"n{start}" for start in range(overlap.MOST_VALUES))


def test_a_contig_without_intervals_gets_nothing_and_release_changes_no_answer(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t0\t10\ta\n")
    records = vcf(("chr1", 5, "A", "C"), ("chr2", 5, "A", "C"), ("chr3", 5, "A", "C"))
    assert asked(track, records)[0] == [";X=a", "", ""]
    track.release_pages()
    assert asked(track, records)[0] == [";X=a", "", ""]


def test_a_record_at_the_last_position_that_vcf_allows_is_taken(tmp_path: Path) -> None:
    track, _ = compiled(tmp_path, "chr1\t0\t10\ta\n")
    assert asked(track, vcf(("chr1", 0, "A", "C"), ("chr1", 2**31 - 1, "ACGT", "A")))[0] == ["", ""]


@pytest.mark.parametrize("name", [overlap.SEGMENTS, overlap.TEXTS, overlap.VALUES])
def test_a_track_with_a_missing_or_shortened_file_is_refused(name: str, tmp_path: Path) -> None:
    _, entry = compiled(tmp_path, "chr1\t0\t10\ta\n")
    path = tmp_path / "track" / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReferenceDataError, match=r"The track in .*track cannot be read"):
        open_track(tmp_path / "track", entry)
    path.unlink()
    with pytest.raises(ReferenceDataError, match=r"The track in .*track cannot be read"):
        open_track(tmp_path / "track", entry)


@pytest.mark.parametrize("growth", [0, 1000])
def test_records_of_which_too_much_would_be_said_are_refused(
    growth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlap_build, "GROWTH", growth)
    monkeypatch.setattr(overlap_build, "FLOOR", 0)
    monkeypatch.setattr(overlap, "MOST_TEXT", 100_000)
    track, _ = compiled(tmp_path, "".join(f"chr1\t{start}\t9000\tn{start}\n" for start in range(500)))
    few = [("chr1", 8000, "A", "C")] * 20
    assert len(asked(track, vcf(*few))[0][0]) > 2000
    with pytest.raises(BadInput, match=r"intervals of source .* more than 100,000 bytes at once"):
        asked(track, vcf(*few * 3))
