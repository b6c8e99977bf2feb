"""A sources.toml is read whole or refused with a sentence that names file, key, value and what is allowed."""

from pathlib import Path

import pytest

from ann.anntools.errors import ReferenceDataError
from ann.anntools.header import InfoKey
from ann.anntools.recipe import InfoSpec, Location, load
from ann.anntools.ucsc import TABLES

RECIPES = Path(load.__code__.co_filename).parent / "data" / "recipes"
LEAST = """
[reference]
name = "GRCh37"
[sequence]
file = "genome.fa"
[genes]
file = "genes.gff3"
format = "gff3"
[[source]]
name = "cytoband"
file = "cytoBand.txt.gz"
format = "bed"
match = "overlap"
info = { key = "CYTOBAND", number = ".", type = "String", description = "Band", column = "name" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(text)
    return path


def test_the_least_recipe_gives_its_parts(tmp_path: Path) -> None:
    recipe = load(written(tmp_path, LEAST))
    assert recipe.name == "GRCh37"
    assert recipe.sequence == Location(file=tmp_path / "genome.fa", url=None)
    assert recipe.genes is not None
    assert recipe.genes.format == "gff3"
    source = recipe.sources[0]
    assert (source.name, source.format, source.match, source.table) == ("cytoband", "bed", "overlap", "cytoBand")
    assert source.infos == (InfoSpec(key=InfoKey("CYTOBAND", ".", "String", "Band"), column="name"),)


def test_an_address_may_carry_checksums_and_a_source_several_keys(tmp_path: Path) -> None:
    text = LEAST.replace('file = "cytoBand.txt.gz"', f'url = "https://x.org/a/bands.txt.gz"\nsha256 = "{"AB" * 32}"')
    keys = '[[source.info]]\nkey = "{}"\nnumber = "1"\ntype = "String"\ndescription = "d"\ncolumn = "{{a}}:{{b+1}}"\n'
    text = text[: text.index("info =")] + keys.format("A") + keys.format("B")
    source = load(written(tmp_path, text)).sources[0]
    assert source.location.sha256 == "ab" * 32
    assert source.table == "bands"
    assert [(info.key.name, info.fields) for info in source.infos] == [("A", ("a", "b")), ("B", ("a", "b"))]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "GRCh37"', "", "name is missing"),
        ('name = "GRCh37"', 'name = "a/b"', "name is 'a/b'; allowed is letters, digits"),
        ('format = "gff3"', 'format = "gff2"', "format is 'gff2'; allowed is one of gff3, gtf, genepred"),
        ('format = "bed"', "", "format is missing; allowed is text"),
        ('format = "bed"', 'format = "tsv"', "one of bed, ucsc, vcf, gff3, promoter"),
        ('match = "overlap"', 'match = "near"', "match is 'near'; allowed is one of overlap, allele, gene"),
        ('match = "overlap"', 'match = "allele"', "allowed is overlap or gene where format is not vcf or ucsc"),
        ('match = "overlap"', 'colour = "red"', "'colour' is unknown; known are columns"),
        ('match = "overlap"', "columns = [1]", "columns is '[1]'; allowed is a list of texts"),
        ('match = "overlap"', 'id = "column"', "id is 'column'; allowed is none unless match is allele"),
        ('match = "overlap"', 'url = "https://x.org/y"', "allowed is either file or url"),
        ('match = "overlap"', 'md5 = "12"', "md5 is '12'; allowed is 32 hexadecimal digits"),
        ('file = "cytoBand.txt.gz"', 'url = "ftp://x.org"', "an address that begins with https:// or http://"),
        ('key = "CYTOBAND"', 'key = "1 A"', "key is '1 A'"),
        ('key = "CYTOBAND"', 'key = "ANN"', "key is 'ANN'; allowed is none of ANN, GENE, REGION, END"),
        ('key = "CYTOBAND"', 'key = "GAS_GENE"', "none that begins with GAS_"),
        ('file = "cytoBand.txt.gz"', 'url = "http://"', "an address that begins with https:// or http://"),
        ('file = "cytoBand.txt.gz"', 'url = "http://[::1/x"', "an address that begins with https:// or http://"),
        ('file = "cytoBand.txt.gz"', 'url = "https://x.org/a b"', "without blanks"),
        ('number = "."', 'number = "G"', "number is 'G'; allowed is one of 0, 1, ."),
        ('number = "."', 'number = "0"', "number is '0'; allowed is 0 for a Flag and only for it"),
        ('type = "String"', 'type = "Text"', "one of String, Integer, Float, Flag"),
        ('description = "Band"', "description = 'a \"b\"'", "printable text without quotation marks"),
        (', column = "name"', "", "column is missing"),
        ("info = {", "info = 3 #", "info is '3'; allowed is a table or a list of tables"),
        ("[[source]]", "[source]", ""),
        ("[reference]", "[refrence]", "reference is missing; allowed is a table"),
        ("[genes]", "[genes", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, LEAST.replace(old, new))
    if not said:
        assert load(path).sources[0].name == "cytoband"
        return
    with pytest.raises(ReferenceDataError) as caught:
        load(path)
    assert said in str(caught.value)
    assert "sources.toml" in str(caught.value)


@pytest.mark.parametrize("what", ["name", "key"])
def test_no_name_and_no_key_may_stand_twice(what: str, tmp_path: Path) -> None:
    second = LEAST[LEAST.index("[[source]]") :]
    second = second.replace("cytoband", "other") if what == "key" else second.replace("CYTOBAND", "OTHER")
    with pytest.raises(ReferenceDataError, match="stands twice"):
        load(written(tmp_path, LEAST + second))


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match=r"none\.toml cannot be read"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize("name", ["GRCh38", "GRCh37", "hg18"])
def test_the_shipped_recipes_are_read_and_fetch_everything_by_https(name: str) -> None:
    recipe = load(RECIPES / f"{name}.toml")
    assert recipe.name == name
    assert recipe.sequence is not None
    assert recipe.genes is not None
    locations = [recipe.sequence, recipe.genes.location, *(source.location for source in recipe.sources)]
    assert all(location.url and location.url.startswith("https://") for location in locations)
    assert [source.name for source in recipe.sources if source.ids] == ["dbsnp"]


def test_the_shipped_recipes_have_all_sources_of_anntools() -> None:
    recipes = [load(path) for path in RECIPES.glob("*.toml")]
    keys = {info.key.name for recipe in recipes for source in recipe.sources for info in source.infos}
    assert keys >= {
        "GMAF", "CYTOBAND", "GAD", "GWAS", "MIRNA", "HUGO", "DGV", "ABPARTS", "CNV_MCCARROLL", "CNV_CONRAD", "SEGDUP",
        "TFBS", "PROMOTER", "CLNSIG", "GNOMAD_AF",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["GRCh38", "GRCh37", "hg18"])
def test_the_shipped_recipes_take_columns_that_the_tables_of_ucsc_have(name: str) -> None:
    for source in load(RECIPES / f"{name}.toml").sources:
        if source.format == "ucsc":
            columns = source.columns or TABLES[source.table]
            assert {field for info in source.infos for field in info.fields} <= set(columns), source.name


def test_a_recipe_of_endless_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReferenceDataError, match="too deep within each other"):
        load(written(tmp_path, "a=" + "[" * 100_000))
