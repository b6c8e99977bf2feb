"""Builds a reference from the files that a recipe names; the old one stays in place until the new one is whole."""

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from ann.anntools import fasta, genepred, gff3, gtf
from ann.anntools.assembly import HUMAN, canonical
from ann.anntools.contigs import MITOCHONDRIAL, MITOCHONDRION, Names, contig_name
from ann.anntools.errors import ReferenceDataError, clipped
from ann.anntools.gene_files import STANDARD, VERTEBRATE_MITOCHONDRIAL, GeneModels, note
from ann.anntools.places import Bodies
from ann.anntools.recipe import Location, Recipe
from ann.anntools.refdata import SEQUENCE, Contig, Reference, Release, read, shipped_lengths
from ann.anntools.refwriter import write_description, write_models
from ann.anntools.swap import replaced_whole
from ann.anntools.texts import Bytes, Ints
from ann.anntools.track_build import compile_source
from ann.anntools.transcripts import Transcripts

READERS: Final[dict[str, Callable[[Path], GeneModels]]] = {
    "gff3": gff3.read,
    "gtf": gtf.read,
    "genepred": genepred.read,
}
FLANK, MITOCHONDRIAL_FLANK = 5000, 500  # 5 kb would be a third of a mitochondrial genome
RCRS_LENGTH = 16569
TRACKS = "tracks"
UNVERSIONED = "unversioned"
SHOWN = 5  # names that a sentence lists


@dataclass
class Build:
    """One build in the folder ``folder``; ``find`` gives the local file of a location, ``notes`` tell what was left."""

    recipe: Recipe
    folder: Path
    find: Callable[[Location], Path]
    notes: list[str] = field(default_factory=list)
    contigs: list[Contig] = field(default_factory=list)
    models: dict[str, Transcripts] = field(default_factory=dict)
    sequence: Bytes | None = None

    def run(self) -> None:
        """Write all files. Raises ReferenceDataError where an input does not fit."""
        self._sequence()
        self._genes()
        self.contigs = write_models(self.folder, self.contigs, self.models, self.sequence)
        tracks = [self._track(number) for number in range(len(self.recipe.sources))]
        write_description(
            self.folder,
            assembly=self.assembly,
            version=self.recipe.release or UNVERSIONED,
            contigs=self.contigs,
            releases=self._releases(),
            tracks=tracks,
        )

    @property
    def assembly(self) -> str:
        """The name of the assembly, ours where it is one that we know."""
        return canonical(self.recipe.name)

    @property
    def human(self) -> bool:
        """Whether contigs go by the names that human chromosomes have."""
        return self.assembly in HUMAN

    def _sequence(self) -> None:
        if self.recipe.sequence is None:
            lengths = shipped_lengths().get(self.assembly)
            if lengths is None:
                raise ReferenceDataError(
                    f"The recipe of {self.assembly} has no [sequence], without which its contigs are unknown."
                )
            self.contigs = _contigs(lengths | {MITOCHONDRION: RCRS_LENGTH}, at_hand=False)
            return
        path = self.folder / SEQUENCE
        with path.open("wb") as out:
            lengths = fasta.write_bases(self.find(self.recipe.sequence), out)
        self.contigs = _contigs(self._named(lengths), at_hand=True)
        with path.open("rb") as stream:
            self.sequence = np.frombuffer(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)

    def _named(self, lengths: Mapping[str, int]) -> dict[str, int]:
        """Return the lengths of contigs by our names of them."""
        if not self.human:
            return dict(lengths)
        found: dict[str, int] = {}
        for name, length in lengths.items():
            ours = contig_name(name)
            # UCSC's hg19 has another mitochondrion as chrM beside the rCRS.
            if ours == MITOCHONDRION and length != RCRS_LENGTH:
                ours = name
            if ours in found:
                raise ReferenceDataError(f"The sequence has two contigs that are {ours}; the second is {name}.")
            found[ours] = length
        return found

    def _genes(self) -> None:
        if self.recipe.genes is None:
            return
        path = self.find(self.recipe.genes.location)
        models = READERS[self.recipe.genes.format](path)
        self.notes += models.notes
        place = self._places(models)
        length = np.array([contig.length for contig in self.contigs])[place]
        outside = (place >= 0) & ((models.ends > length) | (models.starts < 1))
        if outside.any():
            what = "transcripts reach beyond the ends of their contigs and were left out"
            self.notes.append(note(path, models.row[outside], lambda count: f"{count} {what}"))
        place[outside] = -1
        order = np.argsort(place, kind="stable")
        edges = np.searchsorted(place[order], np.arange(len(self.contigs) + 1))
        for contig, first, last in zip(self.contigs, edges[:-1], edges[1:], strict=True):
            if first < last:
                self.models[contig.name] = models.of(order[first:last], contig.genetic_code)
        if not self.models:
            raise ReferenceDataError(f"None of the transcripts in {path.name} lies on a contig of {self.assembly}.")

    def _places(self, models: GeneModels) -> Ints:
        """Return the place in ``contigs`` of each transcript's contig, -1 where the sequence lacks it, and say so."""
        number = {contig.name: place for place, contig in enumerate(self.contigs)}
        names = Names(number, human=self.human)
        found = [names.find(name) for name in models.contigs]
        places = np.array([-1 if name is None else number[name] for name in found], np.int64)[models.contig]
        missing = [name for name, known in zip(models.contigs, found, strict=True) if known is None]
        count = int((places < 0).sum())
        if count:
            said = ", ".join(clipped(name) for name in missing[:SHOWN]) + (", …" if len(missing) > SHOWN else "")
            where = f"{len(missing):,} contigs that the sequence lacks ({said})"
            self.notes.append(f"{count:,} transcripts on {where} were left out.")
        return places

    def _track(self, number: int) -> dict[str, Any]:
        spec = self.recipe.sources[number]
        folder = f"{TRACKS}/{spec.name}"
        entry = compile_source(
            spec,
            self.find(spec.location),
            {contig.name: contig.length for contig in self.contigs},
            sequence=self._bases,
            out=self.folder / folder,
            genes=self._bodies if self.models else None,
        )
        self._note_left_out(spec.name, entry["counts"])
        return {"folder": folder, **entry}

    def _note_left_out(self, source: str, counts: Mapping[str, Any]) -> None:
        """Say how many rows of a source lie on contigs that the reference lacks."""
        unknown = counts["unknown"]
        if unknown:
            said = ", ".join(clipped(name) for name in list(unknown)[:SHOWN]) + (", …" if len(unknown) > SHOWN else "")
            rows = f"{sum(unknown.values()):,} of {counts['rows']:,} rows"
            self.notes.append(f"{source}: {rows} lie on contigs that the reference lacks ({said}) and were left out.")

    def _bases(self, name: str) -> Bytes | None:
        contig = next(contig for contig in self.contigs if contig.name == name)
        if self.sequence is None or contig.sequence is None:
            return None
        return self.sequence[contig.sequence : contig.sequence + contig.length]

    def _bodies(self, name: str) -> Bodies:
        models = self.models.get(name)
        if models is None:
            return Bodies(pa.array([], pa.binary()), *(np.zeros(0, np.int64),) * 3)
        return Bodies(models.genes.take(models.gene), models.starts, models.ends, models.strand.astype(np.int64))

    def _releases(self) -> list[Release]:
        """Return what the log says of the files."""
        recipe = self.recipe
        said = []
        if recipe.sequence is not None:
            said.append(Release("sequence", recipe.release or self.assembly, _origin(recipe.sequence)))
        if recipe.genes is not None:
            said.append(Release("gene models", recipe.genes.release, _origin(recipe.genes.location)))
        said += [Release(source.name, source.release, _origin(source.location)) for source in recipe.sources]
        return said


def build(recipe: Recipe, out: Path, find: Callable[[Location], Path]) -> tuple[Reference, list[str]]:
    """Build the reference of ``recipe`` as the folder ``out`` and return it with sentences on what was left out.

    ``find`` gives the local file of a location. A reference that is there already is replaced in the end; where
    anything goes wrong it stays as it was. Raises ReferenceDataError where an input does not fit or ``out`` holds
    something else than a reference.
    """
    with replaced_whole(out) as folder:
        work = Build(recipe, folder, find)
        work.run()
    return read(out), work.notes


def local(location: Location) -> Path:
    """Return the file of a location that names one. Raises ReferenceDataError for a URL."""
    if location.file is None:
        raise ReferenceDataError(f"{location.url} has to be downloaded first.")
    return location.file


def _contigs(lengths: Mapping[str, int], *, at_hand: bool) -> list[Contig]:
    found, place = [], 0
    for name, length in lengths.items():
        mitochondrial = name.upper().removeprefix("CHR") in MITOCHONDRIAL
        found.append(
            Contig(
                name=name,
                length=length,
                genetic_code=VERTEBRATE_MITOCHONDRIAL if mitochondrial else STANDARD,
                flank=MITOCHONDRIAL_FLANK if mitochondrial else FLANK,
                batch=None,
                sequence=place if at_hand else None,
                spliced=None,
            )
        )
        place += length
    return found


def _origin(location: Location) -> str:
    return location.url or (location.file.name if location.file else "")
