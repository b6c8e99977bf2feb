"""Whatever bytes a source holds, it is compiled or refused with a sentence, and what it says can be read."""

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools.errors import ReferenceDataError
from tests.unit.track_samples import HEADER, TITLES, asked, compiled, key, vcf

WORDS = b"chr1 1 chr2 0 5 9 100 -1 . # A C ACGT X=a ; = , % <DEL> -/A END=4".split()
PIECES = st.sampled_from([*WORDS, b"\t", b"\t", b"\t", b"\n", b"\r\n", b"\xff", b"\xc3\xa9", b"\0", b'"', b" "])
TEXT = st.lists(PIECES, max_size=60).map(b"".join)
LINES = st.lists(
    st.tuples(
        st.sampled_from([b"chr1", b"2"]), st.sampled_from([b"0", b"4", b"7"]), st.sampled_from([b"8", b"9"]), PIECES
    ),
    max_size=8,
).map(lambda rows: b"".join(b"\t".join(row) + b"\n" for row in rows))
FORMATS: dict[str, dict[str, Any]] = {
    "bed": {},
    "ucsc": {"format": "ucsc", "columns": ["chrom", "chromStart", "chromEnd", "name"]},
    "snp": {"format": "ucsc", "table": "snp130", "match": "allele", "id": "column", "info": []},
    "gff3": {"format": "gff3", "info": key(column="X")},
    "vcf": {"format": "vcf", "info": key(column="X")},
    "alleles": {"format": "vcf", "match": "allele", "id": "column", "info": key(column="X")},
}
ASKING = vcf(*(("chr1", pos, "AC" * 3, "A,T,<DEL>,*") for pos in (1, 4, 5, 100)))
# VCF 4.3, section 1.6.1: no blanks, semicolons or equal signs in a value, nor anything that is no text.
SAID = re.compile(r"(;X=[!-:<>-~]+)?")


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60)
@given(text=TEXT | LINES, headed=st.booleans())
def test_a_source_is_compiled_or_refused(name: str, text: bytes, headed: bool) -> None:  # noqa: FBT001
    content = (HEADER + TITLES).encode() + text if headed else text
    with tempfile.TemporaryDirectory() as folder:
        try:
            track, entry = compiled(Path(folder), content, **FORMATS[name])
        except ReferenceDataError:
            return
        texts, ids = asked(track, ASKING)
        assert all(SAID.fullmatch(said) for said in texts)
        assert all(re.fullmatch(r"[!-~]*", said) for said in ids)
        assert entry["counts"]["kept"] <= entry["counts"]["rows"]
