"""What Ensembl, GENCODE, RefSeq and UCSC write each in their own way, and genePred that is damaged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ann.anntools import genepred, gff3, gtf
from ann.anntools.errors import ReferenceDataError
from ann.anntools.gene_files import STANDARD, VERTEBRATE_MITOCHONDRIAL, GeneModels
from ann.anntools.transcripts import Transcripts

GENCODE = (
    "ID=ENST1.2{par};Parent=ENSG1.5;gene_id=ENSG1.5;transcript_id=ENST1.2{par};gene_type=protein_coding;gene_name=OR4F5;"
    "transcript_type=nonsense_mediated_decay;tag=basic,{tag}"
)


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "genes"
    path.write_text("".join("\t".join(line.split(None, 8)) + "\n" for line in lines))
    return path


def only(found: GeneModels, genetic_code: int = STANDARD) -> Transcripts:
    return found.of(np.arange(found.contig.size), genetic_code)


def texts(models: Transcripts) -> list[Any]:
    gene = models.gene
    columns = (models.genes.take(gene), models.gene_ids.take(gene), models.names, models.biotypes)
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


@pytest.mark.parametrize("tag", ["MANE_Select", "cds_start_NF", "mRNA_end_NF,cds_end_NF"])
def test_gencode_s_gff3(tmp_path: Path, tag: str) -> None:
    found = gff3.read(
        written(
            tmp_path,
            "chr1 HAVANA gene 1 12 . + . ID=ENSG1.5;gene_id=ENSG1.5;gene_type=protein_coding;gene_name=OR4F5",
            "chr1 HAVANA transcript 1 12 . + . " + GENCODE.format(tag=tag, par="_PAR_Y"),
            "chr1 HAVANA exon 1 12 . + . ID=exon:ENST1.2:1;Parent=ENST1.2_PAR_Y;gene_name=OR4F5",
            "chr1 HAVANA CDS 1 12 . + 0 ID=CDS:ENST1.2;Parent=ENST1.2_PAR_Y;gene_name=OR4F5",
            "chr1 HAVANA start_codon 1 3 . + 0 ID=start_codon:ENST1.2;Parent=ENST1.2_PAR_Y",
        )
    )
    models = only(found)
    assert texts(models) == [(b"OR4F5", b"ENSG1.5", b"ENST1.2_PAR_Y", b"nonsense_mediated_decay")]
    assert models.start_known.tolist() == ["cds_start_NF" not in tag]
    assert models.stop_known.tolist() == ["cds_end_NF" not in tag]


def test_refseq_s_gff3_with_a_mitochondrial_gene_that_has_no_transcript(tmp_path: Path) -> None:
    found = gff3.read(
        written(
            tmp_path,
            "NC_012920.1 RefSeq region 1 16569 . + . ID=NC_012920.1:1..16569;Dbxref=taxon:9606",
            "NC_012920.1 RefSeq gene 3307 4262 . + . ID=gene-ND1;Dbxref=GeneID:4535,HGNC:7455;Name=ND1;gene=ND1",
            "NC_012920.1 RefSeq CDS 3307 4262 . + 0 ID=cds-YP_003024026.1;Parent=gene-ND1;gene=ND1",
            "NC_012920.1 RefSeq gene 5000 5100 . - . ID=gene-ABC;Dbxref=GeneID:7;Name=ABC;gene=ABC;gene_biotype=lncRNA",
            "NC_012920.1 RefSeq lnc_RNA 5000 5100 . - . ID=rna-NR_1.2;Parent=gene-ABC;gene=ABC;transcript_id=NR_1.2",
            "NC_012920.1 RefSeq exon 5000 5100 . - . ID=exon-NR_1.2-1;Parent=rna-NR_1.2;gene=ABC",
        )
    )
    models = only(found, VERTEBRATE_MITOCHONDRIAL)
    assert texts(models) == [(b"ND1", b"4535", b"ND1", b"protein_coding"), (b"ABC", b"7", b"NR_1.2", b"lnc_RNA")]
    assert models.exon_starts.tolist() == [3307, 5000]
    # Its stop codon has two bases; polyadenylation makes it whole.
    assert models.stop_known.tolist() == [True, True]
    assert only(found, STANDARD).stop_known.tolist() == [False, True]


def test_an_exon_of_several_transcripts_and_lines_with_a_tab_too_much_are_taken(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "1 x mRNA 1 9 . - . ID=A",
        "1 x exon 1 9 . - . Parent=A,B",
    )
    with path.open("a") as stream:
        stream.write("1\tx\tmRNA\t1\t9\t.\t-\t.\tID=B;Note=two\twords\n\n##FASTA\n>1\nACGT\tACGT\n")
    found = gff3.read(path)
    assert sorted(found.names.to_pylist()) == [b"A", b"B"]
    assert found.exon_starts.tolist() == [1, 1]
    assert found.notes == ()


def test_comments_and_notes_may_be_in_any_encoding(tmp_path: Path) -> None:
    path = tmp_path / "genes"
    lines = ["#Universit\xe4t", "1\tx\tmRNA\t1\t9\t.\t-\t.\tID=A;Note=\xe9t\xe9;gene=\xc3\xa9"]
    path.write_bytes("\n".join([*lines, "1\tx\texon\t1\t9\t.\t-\t.\tParent=A", ""]).encode("latin-1"))
    assert texts(only(gff3.read(path))) == [(b"%C3%A9", b"A", b"A", b"protein_coding")]


def test_ucsc_s_gtf_names_transcripts_of_x_and_y_alike_and_has_no_lines_for_them(tmp_path: Path) -> None:
    said = 'gene_id "P2RY8"; transcript_id "NM_1";  gene_name "P2RY8"; tag "basic"; tag "cds_start_NF";'
    found = gtf.read(written(tmp_path, *(f"{c} refGene {k} 1 9 . - 0 {said}" for c in "XY" for k in ("exon", "CDS"))))
    assert found.contigs == ["X", "Y"]
    assert texts(only(found))[0] == (b"P2RY8", b"P2RY8", b"NM_1", b"")
    assert found.start_known.tolist() == [False, False]
    assert found.stop_known.tolist() == [True, True]


BASIC = "NM_1 chr1 - 0 20 3 20 2 0,10, 6,20,"


@pytest.mark.parametrize(
    ("line", "symbol", "phase", "known"),
    [
        (BASIC, b"NM_1", 0, False),
        ("585 " + BASIC, b"NM_1", 0, False),
        (BASIC + " P04637 uc1", b"NM_1", 0, False),
        (BASIC + " 0 TP53 cmpl incmpl 1,2,", b"TP53", 1, False),
        ("585 " + BASIC + " 0 TP53 cmpl cmpl 1,0,", b"TP53", 0, False),
        (BASIC.replace(" 3 20 ", " 2 19 ") + " 0 TP53 incmpl cmpl 1,-1,", b"TP53", 2, False),
        (BASIC.replace(" 3 20 ", " 4 20 ") + " 0 TP53 cmpl cmpl 1,0,", b"TP53", 0, True),
        (BASIC.replace(" 3 20 ", " 20 20 ") + " 0 TP53 none none -1,-1,", b"TP53", 0, True),
    ],
)
def test_ucsc_s_tables_with_and_without_bin_symbol_and_frames(
    tmp_path: Path, line: str, symbol: bytes, phase: int, *, known: bool
) -> None:
    path = tmp_path / "refGene.txt"
    path.write_text("#name\n" + "\t".join(line.split()) + "\n")
    models = only(genepred.read(path))
    assert models.genes.to_pylist() == [symbol]
    assert models.names.to_pylist() == [b"NM_1"]
    assert (models.exon_starts.tolist(), models.exon_ends.tolist()) == ([1, 11], [6, 20])
    assert models.phase.tolist() == [phase]
    assert (models.start_known & models.stop_known).tolist() == [known]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("NM_1 chr1 * 0 20 3 20 2 0,10, 6,20,", r"genes is no genePred: its first line has 10 columns, or \+ or - not"),
        ("NM_1 chr1 - 0 20 3", r"genes is no genePred: its first line has 6 columns"),
        (BASIC + "\nNM_2 chr1", r"genes, line 3: .* has 2 columns instead of 10\."),
        (BASIC + "\n" + BASIC.replace("0,10,", "0,x,"), r"genes, line 3: '0,x,' cannot be exonStarts\."),
        (BASIC.replace("6,20,", "6,"), r"genes, line 2: '6,' cannot be exonEnds\."),
        (BASIC.replace("0,10,", "0,5,"), r"genes, line 2: '0,5,' cannot be exonStarts, which ascend without"),
        (BASIC.replace(" 3 20 ", " 7 20 "), r"genes, line 2: '7' cannot be cdsStart, which is in an exon\."),
        (BASIC.replace(" 3 20 ", " three 20 "), r"genes, line 2: 'three' cannot be cdsStart\."),
    ],
)
def test_a_damaged_genepred_is_refused_with_its_line(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "genes"
    path.write_text("#name\n" + "".join("\t".join(part.split()) + "\n" for part in line.split("\n")))
    with pytest.raises(ReferenceDataError, match=sentence):
        genepred.read(path)
