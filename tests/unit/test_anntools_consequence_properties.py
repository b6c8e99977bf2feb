"""What holds for any allele and any transcript."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ann.anntools import consequence
from ann.anntools.effects import BIT, Effects, severity
from ann.anntools.regions import REGIONS, of_terms
from ann.anntools.variants import Alleles, Kind
from tests.unit.anntools_models import Change, Model, alleles, array, called, symbolic, transcripts

LENGTH = 120


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw transcripts with exons and introns of any length, adjacent exons too, and a CDS anywhere in them."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 25)), min_size=1, max_size=5))
    exons, position = [], draw(st.integers(1, 20))
    for size, gap in sizes:
        if position + size > LENGTH:
            break
        exons.append((position, position + size - 1))
        position += size + gap
    places = [place for first, last in exons for place in range(first, last + 1)]
    cds = sorted(draw(st.tuples(st.sampled_from(places), st.sampled_from(places))))
    translated = draw(st.booleans())
    length = sum(cds[0] <= place <= cds[1] for place in places)
    return Model(
        exons=exons,
        cds=(cds[0], cds[1]) if translated else (1, 0),
        strand=draw(st.sampled_from([1, -1])),
        phase=draw(st.integers(0, min(2, length - 1))) if translated else 0,
        start_known=draw(st.booleans()) if translated else True,
        stop_known=draw(st.booleans()) if translated else True,
    )


BASES = st.text("ACGTN", max_size=12).map(str.encode)
CONTIGS = st.lists(st.sampled_from(b"ACGT"), min_size=LENGTH, max_size=LENGTH).map(bytes) | st.lists(
    st.sampled_from(b"ATN"), min_size=LENGTH, max_size=LENGTH
).map(bytes)
CHANGES = st.lists(st.tuples(st.integers(0, LENGTH + 3), st.integers(0, 30), BASES), min_size=1, max_size=8)
SYMBOLIC = st.lists(st.tuples(st.integers(1, LENGTH), st.integers(-1, LENGTH), st.sampled_from(Kind)), max_size=8)


def check(found: Effects, changed: Alleles) -> None:
    """Check what must hold of any effects."""
    assert (found.terms > 0).all()
    assert not (found.terms & BIT["intergenic_variant"]).any()
    keys = np.stack((found.allele, severity(found.terms), found.transcript))
    assert keys.T.tolist() == sorted(keys.T.tolist())
    assert not np.isin(changed.kind[found.allele], (Kind.NONE, Kind.SPANNING)).any()
    outside = found.distance > 0
    for column in (found.exon, found.intron, found.cdna, found.cds, found.protein):
        assert (column >= 0).all()
        assert not column[outside].any()
    assert ((found.exon > 0) | (found.intron > 0) | outside).all()
    assert np.array_equal(found.cdna > 0, found.exon > 0)
    assert (found.cds <= found.cdna).all()


def moved(contig: bytes, changes: list[tuple[int, int, bytes]]) -> list[Change]:
    return [(position, contig[max(position - 1, 0) : position - 1 + size], alt) for position, size, alt in changes]


@settings(deadline=None, max_examples=150)
@given(
    contig=CONTIGS,
    drawn=st.lists(models(), max_size=3),
    changes=CHANGES,
    code=st.sampled_from([1, 2]),
    known=st.booleans(),
)
def test_any_change_of_bases_has_terms_and_places(
    *, contig: bytes, drawn: list[Model], changes: list[tuple[int, int, bytes]], code: int, known: bool
) -> None:
    drawn.sort(key=lambda model: (model.exons[0][0], model.exons[-1][1]))
    changed = alleles(moved(contig, changes))
    sequence = array(contig) if known else None
    found = consequence.effects(changed, transcripts(drawn, contig if known else None, code), sequence, 7, 9)
    check(found, changed)
    assert (found.peptides is not None) == known
    if found.peptides is not None:
        assert (np.diff(found.peptides.pair) > 0).all()
        assert (found.cds[found.peptides.pair] > 0).all()
        assert (found.peptides.ref.sizes > 0).all()
        shifted = (changed.alt.sizes - (changed.end - changed.start + 1))[found.allele[found.peptides.pair]] % 3 != 0
        assert np.array_equal(shifted, found.peptides.frameshift)


@settings(deadline=None, max_examples=60)
@given(CONTIGS, st.lists(models(), max_size=3), SYMBOLIC)
def test_any_symbolic_allele_has_terms_and_places(
    contig: bytes, drawn: list[Model], spans: list[tuple[int, int, Kind]]
) -> None:
    drawn.sort(key=lambda model: (model.exons[0][0], model.exons[-1][1]))
    changed = symbolic([(first, first + size, kind) for first, size, kind in spans if kind != Kind.SEQUENCE])
    check(consequence.effects(changed, transcripts(drawn, contig), array(contig), 7, 9), changed)


@pytest.mark.parametrize("coding", [True, False])
def test_every_allele_in_a_transcript_lies_in_one_of_its_regions(*, coding: bool) -> None:
    contig = b"ACGTTGCATC" * 12
    model = Model(exons=[(20, 40), (70, 100)], cds=(25, 90) if coding else (1, 0))
    changes: list[Change] = [(place, contig[place - 1 : place], b"N") for place in range(20, 101)]
    found = consequence.effects(alleles(changes), transcripts([model], contig), array(contig), 0, 9)
    regions = of_terms(found.terms, np.full(len(found), coding))
    assert len(called(found)) == len(changes)
    within = {"splice_acceptor", "splice_donor", "CDS", "utr5", "utr3", "intron"}
    expected = within if coding else {"splice_acceptor", "splice_donor", "non_coding_exon", "non_coding_intron"}
    assert {REGIONS[region] for region in regions} == expected
