"""The folder of files that the engine is measured with, made at the first run and kept for the next."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ann.anntools import refdata
from ann.anntools.transcripts import Transcripts
from tests.bench import engine_genome, engine_sources
from tests.bench.engine_sources import SOURCES
from tests.bench.inputs import Genome, disjoint, write_vcf

ASSEMBLY = "GRCh37"
SEED = 20_200_229
QUICK_CONTIGS = ("21", "22")
SAMPLES = 100


@dataclass(frozen=True)
class Scale:
    """How much is measured: contigs, numbers of records, and how often."""

    name: str
    contigs: tuple[str, ...] | None
    main: int
    small: int
    large: int
    cohort: int
    snpeff: tuple[int, int]
    repeats: int


FULL = Scale("full", None, 1_000_000, 100_000, 10_000_000, 100_000, (20_000, 200_000), 5)
QUICK = Scale("quick", QUICK_CONTIGS, 100_000, 20_000, 300_000, 10_000, (5_000, 20_000), 3)


class Files:
    """Makes each file when it is first asked for; a file that is there is complete."""

    def __init__(self, folder: Path, scale: Scale) -> None:
        """Use ``folder``, which is made where it is missing."""
        self.folder = folder
        self.scale = scale
        folder.mkdir(parents=True, exist_ok=True)

    @cached_property
    def lengths(self) -> Mapping[str, int]:
        """Lengths of the contigs that are measured."""
        contigs = refdata.load(ASSEMBLY).contigs
        return {name: contigs[name] for name in self.scale.contigs or contigs if self._models(name) is not None}

    @cached_property
    def models(self) -> Mapping[str, Transcripts]:
        """The gene models that are shipped, by contig."""
        return {name: models for name in self.lengths if (models := self._models(name)) is not None}

    @property
    def fasta(self) -> Path:
        """The sequence, with its index beside it."""
        return self.made(
            "genome.fa", lambda path: engine_genome.write_fasta(path, self.lengths, self.models, SEED), (".fai",)
        )

    @property
    def gff3(self) -> Path:
        """The gene models as Ensembl writes them."""
        return self.made("genes.gff3", lambda path: engine_genome.write_gff3(path, self.models))

    def vcf(self, records: int, samples: int = 0) -> Path:
        """Return a VCF with so many records and samples."""
        name = f"sites_{records}.vcf" if not samples else f"samples_{samples}_{records}.vcf"
        return self.made(name, lambda path: write_vcf(path, self._genome, records, samples=samples, seed=SEED))

    @property
    def beds(self) -> Path:
        """The folder with the eight sources, one BED each and all joined, and the configurations of the tools."""
        return self.made("sources", self._write_sources)

    def recipe(self, name: str, count: int, *, genes: bool) -> Path:
        """Return a ``sources.toml`` of the first ``count`` sources, with or without genes and sequence."""
        path = self.beds / f"{name}.toml"
        if genes:
            for file in (self.fasta, self.gff3):
                link = self.beds / file.name
                if not link.is_symlink():
                    link.symlink_to(Path("..") / file.name)
        engine_sources.write_recipe(path, SOURCES[:count], genes=genes)
        return path

    def _models(self, name: str) -> Transcripts | None:
        models = refdata.load(ASSEMBLY).transcripts(name)
        return models if models is not None and len(models) else None

    @cached_property
    def _genome(self) -> Genome:
        exons = {name: disjoint(models.exon_starts, models.exon_ends) for name, models in self.models.items()}
        return Genome(fasta=self.fasta, lengths=self.lengths, exons=exons)

    def _write_sources(self, folder: Path) -> None:
        folder.mkdir()
        for number, source in enumerate(SOURCES):
            engine_sources.write_bed(folder / f"{source.key}.bed", source, self.lengths, SEED + number)
            (folder / f"{source.key}.hdr").write_text(engine_sources.header_line(source) + "\n")
        (folder / "all.hdr").write_text("".join(engine_sources.header_line(source) + "\n" for source in SOURCES))
        engine_sources.write_joined(folder, "all", SOURCES)
        for count in (1, len(SOURCES)):
            engine_sources.write_vcfanno_config(folder / f"vcfanno_{count}.conf", SOURCES[:count])

    def made(self, name: str, make: Callable[[Path], None], beside: tuple[str, ...] = ()) -> Path:
        """Return the file ``name``, made under another name first, so that an interrupted run leaves no half of it."""
        path = self.folder / name
        if not path.exists():
            unfinished = self.folder / f"unfinished_{name}"
            if unfinished.is_dir():
                shutil.rmtree(unfinished)
            make(unfinished)
            for suffix in beside:
                Path(f"{unfinished}{suffix}").rename(f"{path}{suffix}")
            unfinished.rename(path)
        return path
