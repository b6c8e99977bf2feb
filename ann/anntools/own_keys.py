"""Our INFO keys in somebody else's file: what they are called there, and which values are from a run of ours."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ann.anntools.ann_field import ANN
from ann.anntools.blocks import INFO, NEWLINE, RETURN, TAB, Block, block_of
from ann.anntools.header import Header, InfoKey
from ann.anntools.limits import Limits
from ann.anntools.location import GENE, REGION
from ann.anntools.regions import REGIONS
from ann.anntools.texts import Bools, Ints

PREFIX = "GAS_"
SEMICOLON, EQUALS = b";="
ENDS = np.zeros(256, np.bool_)  # what may follow the name of a key
ENDS[[SEMICOLON, EQUALS, TAB, NEWLINE, RETURN]] = True


@dataclass
class OwnKeys:
    """The names that our keys have in one file, and what the records do with these names.

    ``earlier`` are those names that the header declares just as we do, so that records have them from an earlier run.
    ``warnings`` tell of names that had to change. ``clashes`` records use a name in another sense, the first on line
    ``first_clash``; they are left as they came.
    """

    names: dict[InfoKey, bytes]
    earlier: set[bytes]
    warnings: list[str]
    clashes: int = 0
    first_clash: int = 0
    clashing: set[bytes] = field(default_factory=set)

    def declared(self) -> list[InfoKey]:
        """Return our keys with the names that they have here."""
        return [replace(key, name=name.decode()) for key, name in self.names.items()]

    def without_earlier(self, block: Block, header: Header, limits: Limits) -> Block:
        """Return the block without the values of an earlier run."""
        text = self._stripped(block) if self.earlier else None
        return block if text is None else block_of(text, block.first_line, header, limits)

    def unless_used(self, block: Block, texts: pa.BinaryArray) -> pa.BinaryArray:
        """Return ``texts``, one for each record, empty for the records that use one of our names in their own sense."""
        found = _mentions(block, set(self.names.values()))
        if not found:
            return texts
        used = np.zeros(len(block), np.bool_)
        used[np.concatenate(list(found.values()))] = True
        self.clashing |= set(found)
        self.first_clash = self.first_clash or block.first_line + int(np.argmax(used))
        self.clashes += int(used.sum())
        return pc.if_else(pa.array(used), pa.scalar(b"", pa.binary()), texts)

    def all_warnings(self) -> list[str]:
        """Return the warnings, once all records are done."""
        if not self.clashes:
            return self.warnings
        names = " and ".join(name.decode() for name in self.names.values() if name in self.clashing)
        sentence = f"{self.clashes} records, first on line {self.first_clash}, use {names} in INFO in their own sense"
        return [*self.warnings, f"{sentence}; they are left as they came, without ours."]

    def _stripped(self, block: Block) -> bytes | None:
        """Return the block's bytes without the values of an earlier run, None where no record has one."""
        found = _mentions(block, self.earlier)
        if not found:
            return None
        # A value of ours goes with the semicolon before it, or the one after it where it is the first.
        names = b"|".join(map(re.escape, self.earlier))
        value = re.compile(rb"(?:^|;)(?:" + names + rb")(?:=[^;]*)?(?=;|$)")
        genic = {self.names[key] for key in (ANN, GENE, REGION) if self.names.get(key) in self.earlier}
        pieces, done = [], 0
        info = block.column(INFO)
        text = block.data.tobytes()
        foreign = self._foreign(block, genic, found)
        for record in np.unique(np.concatenate(list(found.values()))).tolist():
            start = int(info.starts[record])
            stop = start + int(info.sizes[record])
            if record not in foreign:
                pieces += [text[done:start], _without(value, info[record]) or b"."]
                done = stop
        return b"".join([*pieces, text[done:]])

    def _foreign(self, block: Block, genic: set[bytes], found: dict[bytes, Ints]) -> set[int]:
        """Return the records that use names of ours in a sense that is not ours.

        An earlier run wrote a REGION into every record into which it wrote a GENE or an ANN.
        """
        if REGION not in self.names or self.names[REGION] not in genic:
            return set()
        one = b"(?:" + "|".join(REGIONS).encode() + b")"
        region = re.compile(rb"(?:^|;)" + re.escape(self.names[REGION]) + b"=" + one + b"(?:;|$)")
        using = np.unique(np.concatenate([found[name] for name in genic if name in found] or [np.zeros(0, np.int64)]))
        info = block.column(INFO)
        return {record for record in using.tolist() if not region.search(info[record])}


def choose(keys: Sequence[InfoKey], header: Header, first: Block | None) -> OwnKeys:
    """Return the names to write ``keys`` under, given the first records, None where there are none.

    A key is the input's own where the header declares it otherwise than we do, or does not declare it and the first
    records use it; ours then gets a prefix, and a number if that is taken too.
    """
    names: dict[InfoKey, bytes] = {}
    earlier, warnings = set(), []
    for key in keys:
        for name in _candidates(key.name):
            declared = header.info.get(name)
            ours = declared == replace(key, name=name).line()
            if ours or (declared is None and not (first and _mentions(first, {name.encode()}))):
                break
        names[key] = name.encode()
        if ours:
            earlier.add(names[key])
        if name != key.name:
            warnings.append(f"The input uses the INFO key {key.name} in its own sense; ours is called {name}.")
    return OwnKeys(names, earlier, warnings)


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield PREFIX + name
    number = 2
    while True:
        yield f"{PREFIX}{name}_{number}"
        number += 1


def _without(value: re.Pattern[bytes], info: bytes) -> bytes:
    """Return ``info`` without the matches of ``value``; like `re.sub`, in a fraction of its memory."""
    edges = np.zeros(len(info) + 1, np.int8)
    places = np.fromiter((place for match in value.finditer(info) for place in match.span()), np.int64)
    edges[places[::2]] += 1
    edges[places[1::2]] -= 1
    kept: bytes = np.frombuffer(info, np.uint8)[np.cumsum(edges[:-1], dtype=np.int8) == 0].tobytes()
    return kept if info.startswith(b";") else kept.removeprefix(b";")


def _mentions(block: Block, keys: set[bytes]) -> dict[bytes, Ints]:
    """Return those of ``keys`` that INFO of any record has, each with these records, ascending."""
    info = block.column(INFO)
    data = np.append(block.data, np.full(2, NEWLINE, np.uint8))
    starts = np.concatenate((info.starts[info.sizes > 0], np.flatnonzero(block.data == SEMICOLON) + 1))
    # Few records have a key that begins with the same two bytes as one of ours.
    for place in range(2):
        likely = np.zeros(256, np.bool_)
        likely[[(key + b"=")[place] for key in keys]] = True
        if place and any(len(key) == 1 for key in keys):
            likely |= ENDS
        starts = starts[likely[data[starts + place]]]
    found = {}
    for key in sorted(keys):
        places = _places(data, starts, key)
        record = np.searchsorted(info.starts, places, side="right") - 1
        within: Bools = (record >= 0) & (places < (info.starts + info.sizes)[record])
        if within.any():
            found[key] = np.unique(record[within])
    return found


def _places(data: np.typing.NDArray[np.uint8], starts: Ints, key: bytes) -> Ints:
    """Return those of ``starts`` at which ``key`` stands as a whole."""
    for place, byte in enumerate(key):
        inside = np.minimum(starts + place, data.size - 1)
        starts = starts[data[inside] == byte]
    following = np.minimum(starts + len(key), data.size - 1)
    return starts[ENDS[data[following]]]
