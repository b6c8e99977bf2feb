"""Sources by exact allele say what bcftools and vcfanno say of normalised files, and what a slow loop says."""

import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pysam
import pytest
from pysam import bcftools

from ann.anntools import alleles
from tests.unit.track_samples import HEADER, TITLES, asked, compiled, key, vcf

# Few letters, so that indels have room to move.
DRAW = random.Random(1)
GENOME = "".join(DRAW.choices("ACG", weights=(7, 3, 1), k=3000))
SEQUENCE = {"1": np.frombuffer(GENOME.encode(), np.uint8)}
INFO = (
    '##INFO=<ID=AF,Number=A,Type=Float,Description="d">\n##INFO=<ID=R,Number=R,Type=String,Description="d">\n'
    '##INFO=<ID=W,Number=.,Type=String,Description="d">\n##INFO=<ID=F,Number=0,Type=Flag,Description="d">\n'
)
KEYS = [key("XAF", "AF", "A", "Float"), key("XR", "R", "A"), key("XW", "W"), key("XF", "F", "0", "Flag")]
VCF = {"name": "source", "format": "vcf", "match": "allele", "id": "column"}
VCFANNO = shutil.which("vcfanno")
Normal = tuple[int, str, str]


def change(draw: random.Random) -> tuple[int, str, str]:
    """Return POS, REF and one ALT, written in some redundant way."""
    pos = draw.randrange(50, 2900)
    ref = GENOME[pos - 1 : pos - 1 + draw.randint(1, 6)]
    middle = draw.choice(["", "A", "AA", "C", "".join(draw.choices("ACGT", k=draw.choice((1, 2, 12))))])
    alt = draw.choice([ref[:1] + middle + ref[1:], ref[:1] + middle, middle + ref[1:]])
    return (pos, ref, alt) if alt and alt != ref else change(draw)


def source(seed: int, count: int) -> list[tuple[int, str, list[str], str]]:
    """Return (POS, REF, ALTs, ID), sorted by place."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        pos, ref, alt = change(draw)
        others = [other for other in ("T", ref[0] + "T" + ref[1:]) if draw.random() < 0.3 and other not in (ref, alt)]
        rows.append((pos, ref, [alt, *others], f"rs{number}"))
    return sorted(rows)


def frequency(number: int, place: int) -> str:
    """Return four digits, as many as vcfanno keeps."""
    return f"0.{number % 1000:03}{place + 1}"


def lines(rows: list[tuple[int, str, list[str], str]]) -> str:
    text = HEADER + INFO + TITLES
    for number, (pos, ref, alts, name) in enumerate(rows):
        frequencies = ",".join(frequency(number, place) for place in range(len(alts)))
        each = ",".join(f"r{place}" for place in range(len(alts) + 1))
        info = f"AF={frequencies};R={each};W=w{number},w" + (";F" if number % 2 else "")
        text += f"chr1\t{pos}\t{name}\t{ref}\t{','.join(alts)}\t.\t.\t{info}\n"
    return text


def normal(pos: int, ref: str, alt: str) -> Normal:
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        pos, ref, alt = pos + 1, ref[1:], alt[1:]
    moving = ref or alt
    while not (ref and alt) and pos > 1 and GENOME[pos - 2] == moving[-1]:
        pos, moving = pos - 1, moving[-1] + moving[:-1]
        ref, alt = (moving, "") if ref else ("", moving)
    return pos, ref, alt


def by_hand(rows: list[tuple[int, str, list[str], str]], queries: list[tuple[int, str, list[str]]]) -> list[list[str]]:
    """Return the texts and the identifiers of each query; of an allele that stands twice the first values count."""
    known: dict[Normal, list[str]] = {}
    for number, (pos, ref, alts, name) in enumerate(rows):
        for place, alt in enumerate(alts):
            values = known.setdefault(
                normal(pos, ref, alt), ["", frequency(number, place), f"r{place + 1}", f"w{number},w", ""]
            )
            values[0] = ";".join(filter(None, dict.fromkeys([*values[0].split(";"), name])))
            values[4] = values[4] or (";XF" if number % 2 else "")
    texts, names = [], []
    for pos, ref, alts in queries:
        found = [known.get(normal(pos, ref, alt)) for alt in alts]
        hits = [values for values in found if values]
        frequencies, each = (",".join(values[at] if values else "." for values in found) for at in (1, 2))
        others = ",".join(dict.fromkeys(values[3] for values in hits))
        flag = ";XF" if any(values[4] for values in hits) else ""
        texts.append(f";XAF={frequencies};XR={each};XW={others}{flag}" if hits else "")
        names.append(";".join(values[0] for values in hits))
    return [texts, names]


@pytest.mark.parametrize("seed", range(3))
def test_every_allele_is_found_however_it_is_written(seed: int, tmp_path: Path) -> None:
    rows, queries = source(seed, 1500), source(seed + 50, 1000)
    track, entry = compiled(tmp_path, lines(rows), sequence=SEQUENCE, **VCF, info=KEYS)
    asking = vcf(*(("chr1", pos, ref, ",".join(alts)) for pos, ref, alts, _ in queries))
    texts, names = asked(track, asking)
    expected = by_hand(rows, [query[:3] for query in queries])
    assert [texts, names] == expected
    assert sum(map(bool, texts)) > 100
    assert entry["counts"]["kept"] == 1500


class Peers:
    """A source and an input, and both as bcftools normalised them, for tools that compare REF and ALT as they are."""

    def __init__(self, folder: Path) -> None:
        self.rows = source(7, 1500)
        # The tools pair each record of a source with one record of the input, so that none may stand there twice.
        once = {normal(*query): query for query in (change(random.Random(seed)) for seed in range(1500))}
        self.queries = sorted(once.values())
        reference = folder / "genome.fa"
        reference.write_text(f">chr1\n{GENOME}\n")
        body = "".join(f"chr1\t{p}\tq{n}\t{ref}\t{alt}\t.\t.\t.\n" for n, (p, ref, alt) in enumerate(self.queries))
        self.asking = HEADER + TITLES + body
        self.packed = []
        for name, text in (("theirs", lines(self.rows)), ("mine", self.asking)):
            path = folder / f"{name}.vcf"
            path.write_text(text)
            self.packed.append(f"{path}.gz")
            arguments = ("-f", str(reference), "-m", "-any", "-d", "exact", "-Oz", "-o", f"{path}.gz", str(path))
            bcftools.norm(*arguments, catch_stdout=False)
            pysam.tabix_index(f"{path}.gz", preset="vcf", force=True)

    def agree(self, folder: Path, result: str) -> None:
        """Compare what we say with INFO in a tool's result."""
        said = {fields[2]: fields[7] for fields in map(str.split, result.splitlines()) if fields[0] == "chr1"}
        often = Counter(normal(pos, ref, alt) for pos, ref, alts, _ in self.rows for alt in alts)
        track, _ = compiled(folder, lines(self.rows), sequence=SEQUENCE, **VCF, info=KEYS[:1])
        texts, _ = asked(track, self.asking)
        # Of an allele that stands twice in a source each of us may take another one.
        single = [n for n, query in enumerate(self.queries) if often[normal(*query)] < 2]
        assert [texts[n].removeprefix(";") or "." for n in single] == [said[f"q{n}"] for n in single]
        assert len({texts[n] for n in single}) > 100


def test_values_are_those_of_bcftools_annotate_after_bcftools_norm(tmp_path: Path) -> None:
    peers = Peers(tmp_path)
    theirs, mine = peers.packed
    peers.agree(tmp_path, bcftools.annotate("-a", theirs, "-c", "INFO/XAF:=INFO/AF", mine))


@pytest.mark.skipif(VCFANNO is None, reason="vcfanno is not installed (Debian: vcfanno)")
def test_values_are_those_of_vcfanno_after_bcftools_norm(tmp_path: Path) -> None:
    peers = Peers(tmp_path)
    theirs, mine = peers.packed
    settings = tmp_path / "vcfanno.toml"
    settings.write_text(f'[[annotation]]\nfile="{theirs}"\nfields=["AF"]\nnames=["XAF"]\nops=["self"]\n')
    command = [str(VCFANNO), "-p", "1", str(settings), mine]
    peers.agree(tmp_path, subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_without_a_sequence_only_shared_bases_are_cut_off(tmp_path: Path) -> None:
    text = HEADER + INFO + TITLES + "chr1\t100\trs1\tCAA\tCA\t.\t.\tAF=0.5\nchr1\t200\trs2\tG\tT\t.\t.\tAF=0.1\n"
    track, _ = compiled(tmp_path, text, **VCF, info=KEYS[:1])
    asking = vcf(
        ("chr1", 99, "TCA", "TC"), ("chr1", 101, "AA", "A"), ("chr1", 103, "AG", "G"), ("chr1", 199, "AG", "AT")
    )
    assert asked(track, asking)[1] == ["rs1", "rs1", "", "rs2"]


def test_alleles_that_share_a_key_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alleles, "_hashes", lambda texts: np.zeros(len(texts), np.int64))
    long = ["ACGTACGTACGTAC" + end for end in ("A", "C", "G")]
    rows = "".join(f"chr1\t100\trs{n}\tT\t{alt}\t.\t.\tAF=0.{n}\n" for n, alt in enumerate(long[:2]))
    track, _ = compiled(tmp_path, HEADER + INFO + TITLES + rows, **VCF, info=KEYS[:1])
    asking = vcf(*(("chr1", 100, "T", alt) for alt in long))
    assert asked(track, asking) == ([";XAF=0.0", ";XAF=0.1", ""], ["rs0", "rs1", ""])


def test_small_letters_codes_of_bases_and_far_windows_are_found(tmp_path: Path) -> None:
    rows = "chr1\t100\trs1\ta\tg\t.\t.\t.\nchr1\t100\trs2\tA\tN\t.\t.\t.\nchr1\t99000\trs3\tA\tC\t.\t.\t.\n"
    track, _ = compiled(tmp_path, HEADER + INFO + TITLES + rows, **VCF, info=KEYS[:1])
    asking = vcf(("chr1", 100, "A", "g"), ("chr1", 100, "A", "N"), ("chr1", 99000, "A", "C"), ("chr1", 100, "A", "C"))
    assert asked(track, asking)[1] == ["rs1", "rs2", "rs3", ""]


def test_windows_are_read_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ann.anntools.alleles.WINDOW", 8)
    monkeypatch.setattr("ann.anntools.allele_build.WINDOW", 8)
    rows, queries = source(11, 800), source(12, 800)
    random.Random(2).shuffle(queries)
    track, entry = compiled(tmp_path, lines(rows), sequence=SEQUENCE, **VCF, info=KEYS)
    assert len(entry["contigs"]["1"]) > 10
    asking = vcf(*(("chr1", pos, ref, ",".join(alts)) for pos, ref, alts, _ in queries))
    assert list(asked(track, asking)) == by_hand(rows, [query[:3] for query in queries])


def test_symbolic_alleles_stars_and_dots_match_nothing(tmp_path: Path) -> None:
    rows = "chr1\t100\trs1\tA\t<DEL>,*,C\t.\t.\tAF=0.1,0.2,0.3\nchr1\t200\trs2\tA\t.\t.\t.\t.\n"
    track, _ = compiled(tmp_path, HEADER + INFO + TITLES + rows, **VCF, info=KEYS[:1])
    asking = vcf(("chr1", 100, "A", "<DEL>,C"), ("chr1", 100, "A", "*"), ("chr1", 200, "A", "."))
    assert asked(track, asking) == ([";XAF=.,0.3", "", ""], ["rs1", "", ""])


def test_a_table_of_snps_is_turned_to_the_strand_of_the_assembly(tmp_path: Path) -> None:
    place = "585\tchr1\t{}\t{}\t{}\t0\t{}\t{}\t{}\t{}\tgenomic\tsingle\tunknown\t0\t0\tunknown\texact\t1\n"
    rows = [
        (99, 100, "rs1", "+", "A", "A", "A/G"),
        (149, 150, "rs2", "-", "A", "A", "C/T"),
        (200, 200, "rs3", "+", "-", "-", "-/TT"),
        (250, 252, "rs4", "+", "AC", "AC", "-/AC"),
        (300, 301, "rs5", "+", "A", "A", "(CA)12/13"),
    ]
    columns = {"name": "source", "format": "ucsc", "match": "allele", "id": "column", "info": [], "table": "snp130"}
    track, entry = compiled(tmp_path, "".join(place.format(*row) for row in rows), **columns)
    asking = vcf(
        ("chr1", 100, "A", "G"), ("chr1", 150, "A", "G"), ("chr1", 200, "G", "GTT"), ("chr1", 250, "GAC", "G"),
        ("chr1", 301, "A", "C"),
    )  # fmt: skip
    assert asked(track, asking)[1] == ["rs1", "rs2", "rs3", "rs4", ""]
    assert entry["counts"]["rows"] == 5


def test_other_names_reach_the_texts(tmp_path: Path) -> None:
    text = HEADER + INFO + TITLES + "chr1\t100\trs1\tA\tC\t.\t.\tAF=0.5\n"
    track, _ = compiled(tmp_path, text, **VCF, info=KEYS[:1])
    assert asked(track.renamed({"XAF": "XAF_1"}), vcf(("chr1", 100, "A", "C")))[0] == [";XAF_1=0.5"]
