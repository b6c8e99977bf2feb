"""What a run has to say: the log for a person, the summary for a program."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ann.anntools import __version__
from ann.anntools.annotated import EXAMINED, LISTED, LISTED_IN_RECORD, TYPES
from ann.anntools.assembly import Assembly
from ann.anntools.effects import HIGH, LOW, MODERATE, MODIFIER, TERMS
from ann.anntools.errors import clipped
from ann.anntools.genotypes import CLASSES, MOST_SAMPLES
from ann.anntools.refdata import Release
from ann.anntools.regions import REGIONS
from ann.anntools.tally import LONGEST_INDEL, TRANSITION, TRANSVERSION, WINDOW, Tally
from ann.anntools.texts import Ints

SUMMARY_SCHEMA = "gas-summary/2"
TOP_GENES = 100
IMPACTS = (HIGH, MODERATE, LOW, MODIFIER)


@dataclass(frozen=True)
class Report:
    """What `ann.anntools.driver.run` made. ``assembly`` is one of the engine's names, or unknown without records.

    ``warnings`` are sentences for whoever uses the result. ``variants`` is the table of variants, None where none was
    asked for.
    """

    output: Path
    log: Path
    summary: Path
    variant_count: int
    assembly: str
    engine_version: str
    reference_version: str
    warnings: tuple[str, ...]
    variants: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the log and the summary tell of one run.

    ``samples`` is their number; of ``sample_names`` the first `MOST_SAMPLES` are told.
    """

    input_name: str
    fileformat: str
    samples: int
    assembly: Assembly
    reference_version: str
    sources: tuple[Release, ...]
    warnings: tuple[str, ...]
    tally: Tally
    sample_names: tuple[str, ...] = ()

    def log(self) -> str:
        """Return the text of the log; counts are of records unless it says otherwise."""
        tally = self.tally
        regions, isoforms = self._regions(), self._isoforms()
        lines = [
            f"Input: {self.input_name} ({clipped(self.fileformat) or 'no ##fileformat'}, samples: {self.samples})",
            f"Engine: anntools {__version__}, reference {self.reference_version or 'none'}",
            f"Assembly: {self.assembly.name}, because {self.assembly.why}",
            *(f"Source: {source.kind}: {source.release}, from {source.origin}" for source in self.sources),
            *self._missing_sources(),
            *(f"Warning: {warning}" for warning in self.warnings),
            "",
            f"Total: {tally.records}",
            *self._dbsnp(),
            "Variants located, each counted once, in its most severe region:",
            *(f"In {region}: {count}" for region, count in regions.items()),
            *([f"ALT changes nothing: {tally.unaltered}"] if tally.unaltered else []),
            f"Not placed: {tally.unplaced_by.total()}",
            *(f"  {count}: {reason}" for reason, count in tally.unplaced_by.most_common()),
            "",
            "Regions of all isoforms; these numbers may exceed the number of variants:",
            *(f"In {region}: {count}" for region, count in isoforms.items()),
        ]
        if tally.compared:
            lines += ["", f"REF compared with the reference sequence: {tally.compared}, different: {tally.mismatches}"]
        elif tally.records:
            lines += ["", f"REF not compared: no sequence of {self.assembly.name} is at hand"]
        return "\n".join(lines) + "\n"

    def summary(self) -> dict[str, Any]:
        """Return the summary, schema gas-summary/2, which docs/summary.md explains."""
        tally = self.tally
        looked_up = tally.looked_up > 0
        return {
            "schema": SUMMARY_SCHEMA,
            "input": self.input_name,
            "fileformat": clipped(self.fileformat),
            "samples": self.samples,
            "engine_version": __version__,
            "reference_version": self.reference_version,
            "assembly": self.assembly.name,
            "assembly_evidence": self.assembly.why,
            "sources": [vars(source) for source in self.sources],
            "warnings": list(self.warnings),
            "total": tally.records,
            "unplaced": dict(tally.unplaced_by),
            "unaltered": tally.unaltered,
            "known": tally.in_dbsnp if looked_up else None,
            "novel": tally.looked_up - tally.in_dbsnp if looked_up else None,
            "regions": self._regions(),
            "isoforms": self._isoforms(),
            "consequences": {"most_severe": _terms(tally.most_severe), "all": _terms(tally.terms)},
            "impacts": {"most_severe": _impacts(tally.most_severe), "all": _impacts(tally.severest)},
            "alleles": dict(zip(TYPES, tally.types.tolist(), strict=True)),
            **self._substitutions(),
            "indel_lengths": self._indel_lengths(),
            "window": WINDOW,
            "contigs": {
                contig: {"records": int(windows.sum()), "windows": windows.tolist()}
                for contig, windows in sorted(tally.density.items(), key=_by_number)
            },
            "genes": [{"gene": gene, "records": count} for gene, count in tally.top_genes(TOP_GENES)],
            "genotypes": self._genotypes(),
            "ref_compared": tally.compared,
            "ref_mismatches": tally.mismatches,
        }

    def summary_json(self) -> str:
        """Return the summary as JSON text."""
        return json.dumps(self.summary(), indent=1) + "\n"

    def _dbsnp(self) -> list[str]:
        if self.tally.looked_up:
            return [f"In dbSNP: {self.tally.in_dbsnp}"]
        return ["In dbSNP: not known, no dbSNP is at hand"] if self.tally.records else []

    def _missing_sources(self) -> list[str]:
        if any(source.kind == "cytobands" for source in self.sources) or not self.sources:
            return []
        return [f"No cytoband source for {self.assembly.name}"]

    def _regions(self) -> dict[str, int]:
        return dict(zip(REGIONS, self.tally.regions.tolist(), strict=True))

    def _isoforms(self) -> dict[str, int]:
        counts = zip(REGIONS, self.tally.isoforms.tolist(), strict=True)
        return {region: count for region, count in counts if region != "interGenic"}

    def _substitutions(self) -> dict[str, Any]:
        transitions, transversions = self.tally.substitutions[[TRANSITION, TRANSVERSION]].tolist()
        ratio = round(transitions / transversions, 4) if transversions else None
        return {"transitions": transitions, "transversions": transversions, "ts_tv": ratio}

    def _indel_lengths(self) -> list[dict[str, int]]:
        counts = enumerate(self.tally.indels.tolist(), start=-LONGEST_INDEL - 1)
        return [{"length": length, "alleles": count} for length, count in counts if count]

    def _genotypes(self) -> list[dict[str, Any]]:
        rows = zip(self.sample_names, self.tally.genotypes.tolist(), strict=False)
        return [{"sample": name, **dict(zip(CLASSES, counts, strict=True))} for name, counts in rows]


def tally_warnings(tally: Tally, samples: int = 0) -> list[str]:
    """Return what the counts, and the number of ``samples``, give reason to warn of."""
    warnings = []
    if tally.mismatches:
        warnings.append(
            f"REF is not the base of the reference in {tally.mismatches} of {tally.compared} records, "
            f"first on line {tally.first_mismatch}; is the assembly right?"
        )
    if tally.cut:
        warnings.append(
            f"{tally.cut} records touch more transcripts than are listed: of the first {EXAMINED:,} that a record "
            f"touches the most severe, at most {LISTED} for an allele and {LISTED_IN_RECORD:,} for a record."
        )
    if samples > MOST_SAMPLES:
        warnings.append(f"Genotypes are counted for the first {MOST_SAMPLES:,} of {samples:,} samples.")
    return warnings


def _terms(counts: Ints) -> dict[str, int]:
    return {term.name: count for term, count in zip(TERMS, counts.tolist(), strict=True)}


def _impacts(counts: Ints) -> dict[str, int]:
    impacts = dict.fromkeys(IMPACTS, 0)
    for term, count in zip(TERMS, counts.tolist(), strict=True):
        impacts[term.impact] += count
    return impacts


def _by_number(item: tuple[str, Ints]) -> tuple[bool, int, str]:
    """Order contigs as people do: by number, then the named ones."""
    name = item[0]
    number = int(name) if name.isdecimal() else 0
    return not number, number, name
