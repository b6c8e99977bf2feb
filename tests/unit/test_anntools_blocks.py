"""Columns of a block are what splitting text would give."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools.blocks import block_of, integers
from ann.anntools.header import Header
from ann.anntools.limits import LIMITS
from ann.anntools.texts import from_list

HEADER = Header([b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"])
DIGITS = st.text("0123456789", max_size=12).map(str.encode)
NEARLY = st.lists(st.sampled_from(b"0123456789/:;-+ .aZ\xff\x00\x10"), max_size=12).map(bytes)


@settings(deadline=None)
@given(st.lists(st.one_of(DIGITS, NEARLY), min_size=1))
def test_numbers_are_those_of_one_to_ten_digits(rows: list[bytes]) -> None:
    values, valid = integers(from_list(rows))
    for row, value, is_one in zip(rows, values.tolist(), valid.tolist(), strict=True):
        assert is_one == (1 <= len(row) <= 10 and row.isdigit())
        assert not is_one or value == int(row)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["1", "chr1", "GL000191.1", "X", "chromosome_of_a_long_name"]), min_size=1))
def test_contigs_are_told_apart_by_their_whole_names(chroms: list[str]) -> None:
    text = "".join(f"{chrom}\t7\t.\tA\tC\t.\t.\t.\n" for chrom in chroms)
    names, codes = block_of(text.encode(), 1, HEADER, LIMITS).contigs()
    assert [names[code].decode() for code in codes.tolist()] == chroms
    assert len(set(names)) == len(names)
    assert np.array_equal(np.unique(codes), np.arange(len(names)))
