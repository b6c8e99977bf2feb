"""What a run has to say: the log for a person, the summary for a program."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ann.anntools import __version__
from ann.anntools.annotation import EXAMINED, LISTED, LISTED_IN_RECORD, Tally
from ann.anntools.assembly import Assembly
from ann.anntools.consequence import REGIONS
from ann.anntools.errors import clipped
from ann.anntools.refdata import Source

SUMMARY_SCHEMA = "gas-summary/1"


@dataclass(frozen=True)
class Report:
    """What `ann.anntools.driver.run` made. ``assembly`` is one of the engine's names, or unknown without records.

    ``warnings`` are sentences for whoever uses the result.
    """

    output: Path
    log: Path
    summary: Path
    variant_count: int
    assembly: str
    engine_version: str
    reference_version: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that the log and the summary tell of one run."""

    input_name: str
    fileformat: str
    samples: int
    assembly: Assembly
    reference_version: str
    sources: tuple[Source, ...]
    warnings: tuple[str, ...]
    tally: Tally

    def log(self) -> str:
        """Return the text of the log; counts are of records unless it says otherwise."""
        tally = self.tally
        lines = [
            f"Input: {self.input_name} ({clipped(self.fileformat) or 'no ##fileformat'}, samples: {self.samples})",
            f"Engine: anntools {__version__}, reference {self.reference_version or 'none'}",
            f"Assembly: {self.assembly.name}, because {self.assembly.why}",
            *(f"Source: {source.kind}: {source.release}, from {source.origin}" for source in self.sources),
            *self._missing_sources(),
            *(f"Warning: {warning}" for warning in self.warnings),
            "",
            f"Total: {tally.records}",
            "Variants located, each counted once, in its most severe region:",
            *(f"In {region}: {tally.most_severe[region]}" for region in REGIONS),
            f"Not placed: {sum(tally.unplaced.values())}",
            *(f"  {count}: {reason}" for reason, count in tally.unplaced.most_common()),
            "",
            "Regions of all isoforms; these numbers may exceed the number of variants:",
            *(f"In {region}: {tally.isoforms[region]}" for region in REGIONS if region != "interGenic"),
        ]
        if tally.compared:
            lines += ["", f"REF compared with the reference sequence: {tally.compared}, different: {tally.mismatches}"]
        elif tally.records:
            lines += ["", f"REF not compared: no sequence of {self.assembly.name} is at hand"]
        return "\n".join(lines) + "\n"

    def _missing_sources(self) -> list[str]:
        if any(source.kind == "cytobands" for source in self.sources) or not self.sources:
            return []
        return [f"No cytoband source for {self.assembly.name}"]

    def summary(self) -> dict[str, Any]:
        """Return the summary, schema gas-summary/1: counts are of records, ``isoforms`` of records and transcripts."""
        tally = self.tally
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
            "total": tally.records,
            "regions": {region: tally.most_severe[region] for region in REGIONS},
            "isoforms": {region: tally.isoforms[region] for region in REGIONS if region != "interGenic"},
            "contigs": dict(tally.contigs),
            "unplaced": dict(tally.unplaced),
            "ref_compared": tally.compared,
            "ref_mismatches": tally.mismatches,
            "warnings": list(self.warnings),
        }

    def summary_json(self) -> str:
        """Return the summary as JSON text."""
        return json.dumps(self.summary(), indent=1) + "\n"


def tally_warnings(tally: Tally) -> list[str]:
    """Return what the counts give reason to warn of."""
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
    return warnings
