"""The columns of the tables that UCSC's Genome Browser offers, as its autoSql files name them.

Older dumps lack the column ``bin``, which readers tell from the first line. Of what follows the columns that are of use
here some tables have more.
"""

PLACE = ("bin", "chrom", "chromStart", "chromEnd", "name")
SCORED = (*PLACE, "score", "strand")
SNP = (
    *SCORED, "refNCBI", "refUCSC", "observed", "molType", "class", "valid", "avHet", "avHetSE", "func", "locType",
    "weight",
)  # fmt: skip

TABLES: dict[str, tuple[str, ...]] = {
    "abParts": PLACE,
    "cpgIslandExt": (*PLACE, "length", "cpgNum", "gcNum", "perCpg", "perGc", "obsExp"),
    "delConrad2": (
        *SCORED, "thickStart", "thickEnd", "count1", "count2", "offspring", "population",
    ),
    "delMccarroll": PLACE,
    "cytoBand": ("chrom", "chromStart", "chromEnd", "name", "gieStain"),
    "dgv": (
        *SCORED, "thickStart", "thickEnd", "itemRgb", "landmark", "varType", "reference", "pubMedId",
        "method", "sample",
    ),
    "dgvMerged": (
        *SCORED, "thickStart", "thickEnd", "itemRgb", "varType", "reference", "pubMedId", "method", "platform",
        "mergedVariants", "supportingVariants", "sampleSize", "observedGains", "observedLosses", "cohortDescription",
        "genes", "samples",
    ),
    "gadAll": (
        "id", "association", "broadPhen", "diseaseClass", "diseaseClassCode", "meshTerm", "chromosome", "band",
        "geneSymbol", "geneStart", "geneEnd", "pValue", "reference", "pubMed",
    ),
    "genomicSuperDups": (
        *SCORED, "otherChrom", "otherStart", "otherEnd", "otherSize", "uid", "posBasesHit", "testResult", "verdict",
        "chits", "ccov", "alignfile", "alignL", "indelN", "indelS", "alignB", "matchB", "mismatchB", "transitionsB",
        "transversionsB", "fracMatch", "fracMatchIndel", "jcK", "k2K",
    ),
    "gwasCatalog": (
        *PLACE, "pubMedID", "author", "pubDate", "journal", "title", "trait", "initSample", "replSample", "region",
        "genes", "riskAllele", "riskAlFreq", "pValue", "pValueDesc", "orOrBeta", "ci95", "platform", "cnv",
    ),
    "snp130": SNP,
    "targetScanS": SCORED,
    "tfbsConsSites": (*SCORED, "zScore"),
}  # fmt: skip
TABLES["dgvSupporting"] = TABLES["dgvMerged"]
