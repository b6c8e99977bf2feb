"""Whether a reference is whole: its files against their checksums, its tables against what must hold of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ann.anntools.errors import ReferenceDataError
from ann.anntools.refdata import Reference, read
from ann.anntools.refwriter import checksum, splice
from ann.anntools.texts import Bytes
from ann.anntools.transcripts import Transcripts

BASES = np.zeros(256, np.bool_)
BASES[list(b"ACGTN")] = True


def problems(folder: Path) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with the reference ``folder``, none where it is whole.

    Raises ReferenceDataError where there is no reference that this engine reads.
    """
    reference = read(folder)
    damaged = list(_damaged(reference))
    yield from damaged
    if damaged:
        return
    for contig in reference.contigs:
        for look in (_sequence, _models):
            try:
                yield from look(reference, contig)
            except ReferenceDataError as error:
                yield str(error)
    try:
        _ = reference.tracks
    except ReferenceDataError as error:
        yield str(error)


def _damaged(reference: Reference) -> Iterator[str]:
    """Yield what is wrong with the files."""
    for name, expected in reference.files.items():
        path = reference.folder / name
        if not path.is_file():
            yield f"{name} is missing."
        elif path.stat().st_size != expected["size"]:
            yield f"{name} has {path.stat().st_size:,} bytes instead of {expected['size']:,}."
        elif checksum(path) != expected["sha256"]:
            yield f"{name} has another checksum than when it was built."


def _sequence(reference: Reference, contig: str) -> Iterator[str]:
    sequence = reference.sequence(contig)
    if sequence is not None and not BASES[sequence].all():
        yield f"The sequence of {contig} holds other bytes than A, C, G, T and N."


def _models(reference: Reference, contig: str) -> Iterator[str]:
    models = reference.transcripts(contig)
    if models is None:
        return
    for sentence, holds in CHECKS.items():
        if not holds(models, reference.contigs[contig]):
            yield f"On {contig}, {sentence}."
    sequence = reference.sequence(contig)
    if sequence is not None and models.spliced is not None and not _spliced_well(models, models.spliced, sequence):
        yield f"On {contig}, a spliced transcript is not what its exons say."
    reference.release_pages()


def _spliced_well(models: Transcripts, spliced: Bytes, sequence: Bytes) -> bool:
    done = 0
    for part in splice(models, sequence):
        if not np.array_equal(spliced[done : done + part.size], part):
            return False
        done += part.size
    return True


def _sorted(models: Transcripts, _length: int) -> bool:
    steps, ends = np.diff(models.starts), np.diff(models.ends)
    return bool(((steps > 0) | ((steps == 0) & (ends >= 0))).all())


def _within(models: Transcripts, length: int) -> bool:
    return bool((models.starts >= 1).all() and (models.ends <= length).all())


def _exons_apart(models: Transcripts, _length: int) -> bool:
    inner = np.ones(models.exon_starts.size, np.bool_)
    inner[models.exon_offsets[:-1]] = False
    apart = models.exon_starts[inner] > models.exon_ends[np.flatnonzero(inner) - 1]
    return bool((models.exon_starts <= models.exon_ends).all() and apart.all())


def _coded_within(models: Transcripts, _length: int) -> bool:
    inside = (models.cds_start >= models.starts) & (models.cds_end <= models.ends)
    return bool((inside | ~models.coding).all())


CHECKS: dict[str, Callable[[Transcripts, int], bool]] = {
    "the transcripts are not sorted": _sorted,
    "a transcript reaches beyond the contig": _within,
    "exons of a transcript overlap": _exons_apart,
    "a CDS reaches beyond its transcript": _coded_within,
}
