"""The columns of the tables that UCSC's Genome Browser offers, as its autoSql files name them.

A table without the column ``bin``, as in older dumps, is told by its number of columns.
"""

PLACE = ("bin", "chrom", "chromStart", "chromEnd", "name")
SCORED = (*PLACE, "score", "strand")
SNP = (
    *SCORED, "refNCBI", "refUCSC", "observed", "molType", "class", "valid", "avHet", "avHetSE", "func", "locType",
    "weight",
)  # fmt: skip

TABLES: dict[str, tuple[str, ...]] = {
    "abParts": SCORED[:6],
    "cpgIslandExt": (*PLACE, "length", "cpgNum", "gcNum", "perCpg", "perGc", "obsExp"),
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
