"""Genetic codes."""

import itertools
from collections import Counter

import numpy as np
import pytest

from ann.anntools import codons
from ann.anntools.texts import Bytes


def array(bases: bytes) -> Bytes:
    return np.frombuffer(bases, np.uint8)


def translated(bases: bytes, code: int = codons.STANDARD) -> bytes:
    return codons.translate(array(bases), code).tobytes()


def test_codons_are_translated_one_after_another() -> None:
    assert translated(b"ATGGCTAAATGGTGATAA") == b"MAKW**"


def test_bases_of_an_unfinished_codon_are_left_out() -> None:
    assert translated(b"ATGGC") == b"M"
    assert translated(b"AT") == b""


@pytest.mark.parametrize("codon", [b"NTG", b"ANG", b"ATN", b"aTG", b"A-G"])
def test_a_codon_with_an_unknown_base_is_an_unknown_amino_acid(codon: bytes) -> None:
    assert translated(codon) == b"X"


def test_the_mitochondrial_code_differs_in_four_codons() -> None:
    every = [bytes(codon) for codon in itertools.product(b"ACGT", repeat=3)]
    differing = {
        codon: translated(codon, codons.MITOCHONDRIAL)
        for codon in every
        if translated(codon) != translated(codon, codons.MITOCHONDRIAL)
    }
    assert differing == {b"AGA": b"*", b"AGG": b"*", b"ATA": b"M", b"TGA": b"W"}


def test_the_standard_code_is_as_degenerate_as_nature_made_it() -> None:
    every = b"".join(bytes(codon) for codon in itertools.product(b"ACGT", repeat=3))
    counts = Counter(translated(every).decode())
    assert counts == Counter("L" * 6 + "S" * 6 + "R" * 6 + "AGPTV" * 4 + "I*" * 3 + "CDEFHKNQY" * 2 + "MW")


@pytest.mark.parametrize(
    ("code", "expected"),
    [(codons.STANDARD, {b"ATG", b"CTG", b"TTG"}), (codons.MITOCHONDRIAL, {b"ATG", b"ATA", b"ATC", b"ATT", b"GTG"})],
)
def test_translation_begins_at_the_start_codons_of_the_code(code: int, expected: set[bytes]) -> None:
    every = [bytes(codon) for codon in itertools.product(b"ACGT", repeat=3)]
    columns = array(b"".join(every)).reshape(-1, 3)
    starting = codons.starting(codons.codes(columns[:, 0], columns[:, 1], columns[:, 2]), code)
    assert {codon for codon, starts in zip(every, starting, strict=True) if starts} == expected


def test_complements_of_unknown_bases_are_unknown() -> None:
    assert codons.COMPLEMENT[array(b"ACGTNR")].tobytes() == b"TGCANN"


def test_places_of_codons_follow_each_other_row_by_row() -> None:
    row, place = codons.reading(np.array([0, 30, 7]), np.array([2, 0, 3]))
    assert row.tolist() == [0, 0, 2, 2, 2]
    assert place.tolist() == [0, 3, 7, 10, 13]
