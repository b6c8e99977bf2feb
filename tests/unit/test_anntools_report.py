"""The log and the summary of a run."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from ann.anntools import __version__
from ann.anntools.assembly import Assembly
from ann.anntools.genotypes import CLASSES
from ann.anntools.refdata import Release
from ann.anntools.regions import REGIONS
from ann.anntools.report import TOP_GENES, Findings, tally_warnings
from ann.anntools.tally import Tally
from tests.unit.anntools_samples import ROOT
from tests.unit.report_samples import annotated, block, random_lines

SCHEMA = json.loads((ROOT / "docs" / "summary.schema.json").read_text())


def full_tally() -> Tally:
    tally = Tally()
    for part in annotated(random_lines(400, 31)):
        tally.add(part)
    tally.unplaced("the contig GL1 is not in GRCh37", 2)
    tally.unplaced("POS is not on the contig 1", 3)
    tally.add_genotypes(block([b"1\t1\t.\tA\tC\t.\t.\t.\tGT\t0/1\t1/1"] * 3, 2), 2)
    tally.add_ref(400, np.array([12, 9]))
    return tally


def findings(tally: Tally) -> Findings:
    return Findings(
        input_name="x.vcf",
        fileformat="VCFv4.3",
        samples=2,
        sample_names=("mother", "child"),
        assembly=Assembly("GRCh37", "##reference says GRCh37"),
        reference_version="2026.11",
        sources=(Release("gene models", "GENCODE 19", "a package"), Release("cytobands", "UCSC", "another")),
        warnings=("Something is odd.",),
        tally=tally,
    )


def valid(summary: dict[str, Any]) -> dict[str, Any]:
    jsonschema.Draft202012Validator(SCHEMA).validate(summary)
    return summary


def test_the_log_tells_counts_sources_and_what_has_no_place() -> None:
    lines = findings(full_tally()).log().splitlines()
    assert lines[:6] == [
        "Input: x.vcf (VCFv4.3, samples: 2)",
        f"Engine: anntools {__version__}, reference 2026.11",
        "Assembly: GRCh37, because ##reference says GRCh37",
        "Source: gene models: GENCODE 19, from a package",
        "Source: cytobands: UCSC, from another",
        "Warning: Something is odd.",
    ]
    assert "Total: 405" in lines
    place = lines.index("Not placed: 5")
    assert lines[place + 1 : place + 3] == [
        "  3: POS is not on the contig 1",
        "  2: the contig GL1 is not in GRCh37",
    ]
    assert lines[-1] == "REF compared with the reference sequence: 400, different: 2"


def test_every_record_of_the_log_is_in_one_line() -> None:
    tally = full_tally()
    text, isoforms = findings(tally).log().split("\nRegions of all isoforms")
    told = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(" "))
    parts = [f"In {region}" for region in REGIONS]
    assert sum(int(told[part]) for part in [*parts, "ALT changes nothing", "Not placed"]) == int(told["Total"]) == 405
    assert int(told["In dbSNP"]) == tally.in_dbsnp > 0
    assert "In interGenic" not in isoforms


def test_the_log_says_what_was_not_at_hand() -> None:
    tally = Tally()
    for part in annotated(random_lines(5, 32), known=False):
        tally.add(part)
    told = replace(findings(tally), sources=(Release("gene models", "GENCODE 19", "a package"),)).log()
    assert "No cytoband source for GRCh37\n" in told
    assert "In dbSNP: not known, no dbSNP is at hand\n" in told
    assert told.endswith("REF not compared: no sequence of GRCh37 is at hand\n")


def test_the_summary_is_what_its_schema_says() -> None:
    summary = valid(json.loads(findings(full_tally()).summary_json()))
    assert summary["total"] == 405
    assert sum(summary["regions"].values()) + summary["unaltered"] + sum(summary["unplaced"].values()) == 405
    assert summary["known"] + summary["novel"] == 400
    assert sum(contig["records"] for contig in summary["contigs"].values()) == 400
    assert list(summary["contigs"]) == ["1", "2", "10", "X"]
    assert summary["ts_tv"] == round(summary["transitions"] / summary["transversions"], 4)
    assert summary["transitions"] + summary["transversions"] <= summary["alleles"]["SNV"]
    for kind in ("most_severe", "all"):
        assert sum(summary["impacts"][kind].values()) > 0
    assert sum(summary["impacts"]["most_severe"].values()) == sum(summary["consequences"]["most_severe"].values())
    assert summary["genotypes"][1] == {"sample": "child", **dict.fromkeys(CLASSES, 0), "hom_alt": 3}
    assert 0 < len(summary["genes"]) <= TOP_GENES


def test_the_summary_of_nothing_is_what_its_schema_says() -> None:
    summary = valid(replace(findings(Tally()), samples=0, sample_names=(), sources=(), reference_version="").summary())
    assert (summary["total"], summary["known"], summary["ts_tv"], summary["genes"]) == (0, None, None, [])


@pytest.mark.parametrize("change", [{"total": -1}, {"schema": "gas-summary/1"}, {"more": 1}, {"regions": {}}])
def test_the_schema_refuses_other_summaries(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        valid(findings(full_tally()).summary() | change)


def test_every_field_of_the_summary_is_in_its_schema_and_required() -> None:
    assert set(SCHEMA["required"]) == set(SCHEMA["properties"]) == set(findings(Tally()).summary())


def test_warnings_name_the_first_line_and_what_was_cut() -> None:
    tally = full_tally()
    tally.cut = 7
    wrong, cut, samples = tally_warnings(tally, 2_000_000)
    assert "2 of 400 records, first on line 9;" in wrong
    assert cut.startswith("7 records touch more transcripts")
    assert samples == "Genotypes are counted for the first 100,000 of 2,000,000 samples."
    assert tally_warnings(Tally()) == []
