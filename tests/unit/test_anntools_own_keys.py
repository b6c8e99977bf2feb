"""Not a byte of the user's INFO is lost, whatever the user calls things."""

import pytest

from tests.unit.anntools_samples import APOE, HEADER, annotated, info, records

# More than the first block holds.
MANY = APOE * 40_000
LATE_LINE = HEADER.count(b"\n") + 40_001


@pytest.mark.parametrize(
    "own",
    [b"GENE=foo;TRANSCRIPT=zzz;REGION=mine", b"REGION", b"GENE=foo", b"GENE=foo;REGION=", b"DP=3;CYTOBAND=a;X=1"],
)
def test_an_undeclared_key_that_a_late_record_uses_keeps_its_value(own: bytes) -> None:
    late = APOE.replace(b"DP=7", own)
    output, findings = annotated(HEADER + MANY + late + APOE)
    assert records(output)[-2] == late.rstrip(b"\n")
    assert info(records(output)[-1])["GENE"] == "APOE"
    assert f"1 records, first on line {LATE_LINE}, use " in findings.warnings[0]
    assert findings.warnings[0].endswith(" in INFO in their own sense; they are left as they came, without ours.")


def test_a_late_value_of_the_users_survives_a_second_run() -> None:
    once, findings = annotated(HEADER + MANY + APOE.replace(b"DP=7", b"GENE=foo;REGION=mine"))
    twice, again = annotated(once)
    assert twice == once
    assert findings.warnings[0].startswith(f"1 records, first on line {LATE_LINE}, use GENE and REGION in INFO")
    assert len(again.warnings) == 1


def test_an_undeclared_key_with_our_prefix_keeps_its_value() -> None:
    line = records(annotated(HEADER + APOE.replace(b"DP=7", b"GENE=a;GAS_GENE=b"))[0])[0]
    assert b"\tGENE=a;GAS_GENE=b;ANN=C|" in line
    assert b";GAS_GENE_2=APOE;" in line


def test_a_value_of_an_earlier_run_goes_with_one_semicolon() -> None:
    header = annotated(HEADER)[0]
    for own, left in (
        (b"GENE=a;DP=7;REGION=CDS", b"DP=7"),
        (b"A;;REGION=CDS;B", b"A;;B"),
        (b";X;REGION=CDS", b";X"),
        (b"REGION=CDS", b""),
    ):
        line = records(annotated(header + APOE.replace(b"DP=7", own))[0])[0]
        assert line.startswith(b"".join(APOE.partition(b"PASS\t")[:2]) + left + b";ANN=C|"[not left :])


def test_values_of_an_earlier_run_give_way_wherever_they_stand() -> None:
    once = annotated(HEADER + APOE)[0]
    changed = (
        once.replace(b"GENE=APOE", b"GENE=OLD").replace(b"\tDP=7;", b"\t").replace(b"CYTOBAND=", b"DP=7;CYTOBAND=")
    )
    assert records(annotated(changed)[0]) == records(once)
