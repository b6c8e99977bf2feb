"""Small VCFs of many producers, and ways to damage them."""

import random
import re

_TITLES = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
SEEDS = {
    "cohort": b"##fileformat=VCFv4.2\n##contig=<ID=19,length=59128983,assembly=b37>\n"
    b'##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count, all">\n##FORMAT=<ID=GT,Number=1,Type=String>\n'
    + _TITLES
    + b"\tFORMAT\tA\tB\n19\t45411941\trs429358\tT\tC\t99\tPASS\tAC=1\tGT:DP\t0/1:5\t0|0:.\n"
    b"19\t45412079\t.\tC\tT,*\t.\t.\tAC=1,2;DB\tGT\t1/2\t./.\n",
    "gvcf": b"##fileformat=VCFv4.2\n##reference=hg19\n"
    + _TITLES
    + b"\tFORMAT\tA\n19\t45411900\t.\tT\t<NON_REF>\t.\t.\tEND=45411940\tGT:LEN\t0/0:41\n"
    b"19\t45411941\t.\tT\tC,<NON_REF>\t50\t.\tDP=3\tGT\t0/1\n",
    "structural": b"##fileformat=VCFv4.4\n##reference=file:///x/hs37d5.fa\n"
    b'##ALT=<ID=DEL,Description="Deletion">\n'
    + _TITLES
    + b"\n19\t45400000\tdel1\tA\t<DEL>,<DUP>\t.\tPASS\tSVTYPE=DEL;END=45420000;SVLEN=20000,3000\n"
    b"19\t45411941\tbnd1\tT\tT[2:321682[\t6\tPASS\tSVTYPE=BND;CIPOS=-5,5\n2\t136608646\t.\tG\t<INS>\t.\t.\tSVLEN=9\n",
    "old": b'##fileformat=VCFv3.3\r\n##INFO=DP,1,Integer,"Total\tdepth"\r\n##reference=rCRS\r\n'
    + _TITLES
    + b"\r\nchrM\t11778\t.\tG\tA\t0.5\t0\tMQRankSum=-Infinity\r\nMT\t3243\t.\tAT\tGTC\t.\t.\t\r\n",
    "annotated": b'##fileformat=VCFv4.1\n##INFO=<ID=GENE,Number=1,Type=String,Description="mine">\n##reference=GRCh38\n'
    + _TITLES
    + b"\nchr19\t44908684\t.\tT\tC\t.\t.\tGENE=x;ANN=T|a;REGION=CDS\nchr19\t44908822\t.\tC\tT\t.\t.\tANN\n",
}
# What a VCF is made of, so that damage looks like sense.
_TOKENS = [
    b"\t", b"\n", b"\r", b"\0", b"#", b"##", b"#CHROM", b";", b"=", b",", b"|", b"&", b":", b"<", b">", b"[", b"]",
    b"*", b".", b'"', b"\\", b"-", b"0", b"1", b"9" * 12, b"9" * 400, b"4294967296", b"END=", b"SVLEN=", b"ANN=",
    b"GENE=", b"REGION=", b"GAS_", b"<DEL>", b"<*>", b"chrM", b"NC_000019.9", b"ID=", b"##INFO=<", b"##contig=<ID=",
    b"length=", b"\xff\xfe", b"\xc3\xbc", b"A" * 300, b"N", b" ", b"nan", b"inf", b"0x1",
]  # fmt: skip


_BREAKING = re.compile(rb"[\t\r\n\0]")


def mutated(text: bytes, source: random.Random, damages: int) -> bytes:
    """Return ``text`` with as many damages, half of them within one field or header line so that the rest stays."""
    for _ in range(damages):
        text = _in_a_field(text, source) if source.random() < 1 / 2 else _anywhere(text, source)
    return text


def _in_a_field(text: bytes, source: random.Random) -> bytes:
    pieces = re.split(rb"([\t\n])", text)
    place = source.randrange(0, len(pieces), 2)
    field = pieces[place]
    at = source.randrange(len(field) + 1)
    token = source.choice([token for token in _TOKENS if not _BREAKING.search(token)])
    pieces[place] = source.choice([token, field[:at] + token + field[at:], field[:at], field + b";" + token])
    return b"".join(pieces)


def _anywhere(text: bytes, source: random.Random) -> bytes:
    """Change, take away, double, move or put in bytes, or lose the end."""
    first, last = sorted(source.randrange(len(text) + 1) for _ in range(2))
    near = min(last, first + source.randrange(40))
    pieces = text.splitlines(keepends=True) if source.random() < 1 / 2 else re.split(rb"(?<=\t)", text)
    swapped = source.sample(pieces, len(pieces))
    return source.choice(
        [
            text[:first] + source.choice(_TOKENS) + text[first:],
            text[:first] + source.choice(_TOKENS) + text[near:],
            text[:first] + bytes([source.randrange(256)]) + text[first + 1 :],
            text[:first] + text[near:],
            text[:near] + text[first:near] * source.choice([1, 2, 300]) + text[near:],
            b"".join(swapped),
            b"".join([*pieces, source.choice(pieces or [b""])]),
            text[:last],
        ]
    )
