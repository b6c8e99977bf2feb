"""The tools that the engine is measured against: where they are, their versions, and how each is run at its best."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from pysam.version import __bcftools_version__ as PYSAM_BCFTOOLS  # noqa: N812  a constant, whatever pysam calls it

from tests.bench.engine_files import Files
from tests.bench.engine_measure import Command, say
from tests.bench.engine_sources import SOURCES

# Debian's package of each program.
PACKAGES = {"bcftools": "bcftools", "vcfanno": "vcfanno", "snpEff": "snpeff"}
DATABASE = "bench"
JAVA_MEMORY = "-Xmx8g"
BUNDLED = "import sys; from pysam import bcftools; getattr(bcftools, sys.argv[1])(*sys.argv[2:], catch_stdout=False)"


class Peers:
    """Finds, or installs, the tools and says how to run them; what is missing has no commands."""

    def __init__(self, files: Files, *, install: bool) -> None:
        """Look for the tools, and ask apt-get for those that are missing where ``install`` and we may."""
        self._files = files
        missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
        if missing and install and os.geteuid() == 0 and shutil.which("apt-get"):
            say(f"installing {' '.join(missing)}")
            subprocess.run(["apt-get", "install", "--yes", "--quiet", *missing], stdout=sys.stderr, check=False)
        self.missing = [program for program in PACKAGES if shutil.which(program) is None]

    @cached_property
    def versions(self) -> list[str]:
        """The tools found, each with its version."""
        asked = {"bcftools": ["--version"], "vcfanno": [], "snpEff": ["-version"]}
        found = []
        for program, arguments in asked.items():
            if program not in self.missing:
                run = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
                lines = [line for line in (run.stdout + run.stderr).splitlines() if any(c.isdigit() for c in line)]
                found.append(f"{program} {next(w for w in lines[0].split() if w[0].isdigit())}")
        return [*found, f"bcftools {PYSAM_BCFTOOLS} within pysam"]

    def intervals(self, vcf: Path, count: int) -> list[Command]:
        """Return how the peers join the first ``count`` sources to ``vcf``.

        bcftools reads one file of intervals per pass. ``text``: a pass per source, VCF between them. ``bcf``: the same
        with uncompressed BCF between them, as its manual advises. ``joined``: one pass with a table of all sources,
        made beforehand, with a column each.
        """
        named = {"text": ", VCF between", "bcf": ", BCF between", "joined": ", one joined table"}
        # Where Debian's is missing, a pass of the bundled one costs the start of a Python more.
        name, bcftools = self._bcftools[0]
        commands = [
            Command(tool=f"{name} annotate{named[way] * (count > 1)}", stages=self._annotate(bcftools, vcf, count, way))
            for way in (named if count > 1 else ["text"])
        ]
        if "vcfanno" not in self.missing:
            beds = self._files.beds
            arguments = ["-p", "1", "-base-path", str(beds), str(beds / f"vcfanno_{count}.conf"), str(vcf)]
            commands.append(Command(tool="vcfanno -p 1", stages=[["vcfanno", *arguments]]))
        return commands

    def consequences(self, vcf: Path) -> list[Command]:
        """Return how ``bcftools csq`` finds the consequences in ``vcf``, record by record."""
        arguments = ["-l", "-f", str(self._files.fasta), "-g", str(self._files.gff3), "-o", "/dev/stdout", str(vcf)]
        return [
            Command(tool=f"{label} csq -l", stages=[[*bcftools, "csq", *arguments]])
            for label, bcftools in self._bcftools
        ]

    def snpeff(self, vcf: Path) -> list[Command]:
        """Return how SnpEff annotates ``vcf`` with a database of the same genes and sequence."""
        if "snpEff" in self.missing:
            return []
        options = [JAVA_MEMORY, "-noStats", *self._snpeff_options(self.database)]
        return [Command(tool="snpEff", stages=[["snpEff", "ann", *options, DATABASE, str(vcf)]], repeats=2)]

    @property
    def database(self) -> Path:
        """The folder of SnpEff's database, built at first use."""
        return self._files.made("snpeff", self._build_database)

    @cached_property
    def _bcftools(self) -> list[tuple[str, list[str]]]:
        bundled = (f"bcftools {PYSAM_BCFTOOLS}", [sys.executable, "-c", BUNDLED])
        if "bcftools" in self.missing:
            return [bundled]
        return [(next(version for version in self.versions if version.startswith("bcftools")), ["bcftools"]), bundled]

    def _annotate(self, bcftools: Sequence[str], vcf: Path, count: int, way: str) -> list[list[str]]:
        beds = self._files.beds
        keys = [source.key for source in SOURCES[:count]]
        if way == "joined":
            merge = ",".join(f"{key}:unique" for key in keys)
            columns = ",".join(["CHROM", "FROM", "TO", *keys])
            table = [str(beds / "all.tab.gz"), "-h", str(beds / "all.hdr")]
            return [
                [
                    *bcftools,
                    "annotate",
                    "-a",
                    *table,
                    "-c",
                    columns,
                    "--merge-logic",
                    merge,
                    "-o",
                    "/dev/stdout",
                    str(vcf),
                ]
            ]
        stages: list[list[str]] = []
        for key in keys:
            table = [str(beds / f"{key}.bed.gz"), "-h", str(beds / f"{key}.hdr"), "-c", f"CHROM,FROM,TO,{key}"]
            written = "u" if way == "bcf" and key != keys[-1] else "v"
            rest = ["--merge-logic", f"{key}:unique", f"-O{written}", "-o", "/dev/stdout", "-" if stages else str(vcf)]
            stages.append([*bcftools, "annotate", "-a", *table, *rest])
        return stages

    def _snpeff_options(self, folder: Path) -> list[str]:
        return ["-nodownload", "-noLog", "-c", str(folder / "snpEff.config"), "-dataDir", str(folder / "data")]

    def _build_database(self, folder: Path) -> None:
        """Build SnpEff's database; checks of proteins are off, since the sequence is made up."""
        home = folder / "data" / DATABASE
        home.mkdir(parents=True)
        (folder / "snpEff.config").write_text(f"{DATABASE}.genome : {DATABASE}\n")
        (home / "genes.gff").symlink_to(self._files.gff3)
        (home / "sequences.fa").symlink_to(self._files.fasta)
        options = ["-gff3", "-noCheckCds", "-noCheckProtein", *self._snpeff_options(folder)]
        say("building SnpEff's database")
        run = subprocess.run(
            ["snpEff", "build", JAVA_MEMORY, *options, DATABASE], capture_output=True, text=True, check=False
        )
        if not (home / "snpEffectPredictor.bin").exists():
            raise RuntimeError(f"SnpEff built no database: {run.stderr.strip()[-300:]}")
