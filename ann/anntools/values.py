"""Values of sources as INFO takes them: escaped, and found by key in INFO and in GFF3's attributes."""

import re

import pyarrow as pa
import pyarrow.compute as pc

# What may not stand in one value of INFO (VCF 4.3, section 1.2), blanks, and what is not ASCII. RE2 sees bytes here.
RESERVED = rb"[^!-$&-+\--:<>-~]"
# In what comes from INFO or GFF3 percent signs and commas are escapes and separators already.
RESERVED_IN_LIST = rb"[^!-:<>-~]"


def escaped(column: pa.BinaryArray, reserved: bytes = RESERVED) -> pa.BinaryArray:
    """Return a binary column with reserved bytes percent-encoded; nulls stay."""
    encoded = column.dictionary_encode()
    distinct = encoded.dictionary
    bad = pc.match_substring_regex(distinct, reserved)
    if not pc.any(bad).as_py():
        return column
    pattern = re.compile(reserved, re.DOTALL)
    texts = [pattern.sub(lambda found: b"%%%02X" % found[0][0], value) for value in distinct.to_pylist()]
    return pa.array(texts, pa.binary()).take(encoded.indices)


def attribute(column: pa.BinaryArray, key: str) -> pa.BinaryArray:
    """Return the value of ``key`` in each row of ``KEY=value;KEY=value``, null where it is missing or a dot."""
    name = re.escape(key)
    found = pc.extract_regex(column, rf"(?:^|;)\s*{name}=(?P<value>[^;]*)".encode())
    value = pc.struct_field(found, "value")
    missing = pc.is_in(value, pa.array([b"", b"."], pa.binary()))
    return escaped(pc.if_else(missing, pa.scalar(None, pa.binary()), value), RESERVED_IN_LIST)


def flag(column: pa.BinaryArray, key: str) -> pa.BinaryArray:
    """Return 1 for each row of INFO that has ``key``, null for others."""
    found = pc.match_substring_regex(column, rf"(?:^|;){re.escape(key)}(?:[=;]|$)".encode())
    return pc.if_else(found, pa.scalar(b"1", pa.binary()), pa.scalar(None, pa.binary()))


def first_no_number(column: pa.BinaryArray, kind: str) -> int:
    """Return the first row that is not of ``kind``, an INFO type, -1 where all are or are null."""
    wanted = {"Integer": rb"^[+-]?[0-9]+$", "Float": rb"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$"}.get(
        kind
    )
    if wanted is None:
        return -1
    row: int = pc.index(pc.match_substring_regex(column, wanted), value=False).as_py()
    return row
