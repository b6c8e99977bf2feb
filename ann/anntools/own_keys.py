"""Our INFO keys in somebody else's file: what they are called there, and which values are from a run of ours."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from ann.anntools.annotation import KEYS, REGION
from ann.anntools.blocks import INFO, Block, block_of
from ann.anntools.consequence import REGIONS
from ann.anntools.header import Header, InfoKey
from ann.anntools.limits import Limits
from ann.anntools.texts import Ints, Texts

PREFIX = "GAS_"
ONE_REGION = b"(?:" + "|".join(REGIONS).encode() + b")"
OUR_REGIONS = ONE_REGION + b"(?:[&,]" + ONE_REGION + b")*"


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

    def unless_used(self, block: Block, texts: Texts) -> Texts:
        """Return ``texts``, one for each record, empty for the records that use one of our names in their own sense."""
        found = _mentions(block, set(self.names.values()))
        if not found:
            return texts
        used = np.zeros(len(block), np.bool_)
        used[np.concatenate(list(found.values()))] = True
        self.clashing |= set(found)
        self.first_clash = self.first_clash or block.first_line + int(np.argmax(used))
        self.clashes += int(used.sum())
        return Texts(texts.data, texts.starts, np.where(used, 0, texts.sizes))

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
        region = re.compile(rb"(?:^|;)" + re.escape(self.names[REGION]) + b"=" + OUR_REGIONS + b"(?:;|$)")
        pieces, done = [], 0
        info = block.column(INFO)
        text = block.data.tobytes()
        for record in np.unique(np.concatenate(list(found.values()))).tolist():
            start = int(info.starts[record])
            stop = start + int(info.sizes[record])
            # An earlier run wrote a REGION into every record that it wrote into.
            if self.names[REGION] not in self.earlier or region.search(info[record]):
                pieces += [text[done:start], _without(value, info[record]) or b"."]
                done = stop
        return b"".join([*pieces, text[done:]])


def choose(header: Header, first: Block) -> OwnKeys:
    """Return the names to write our keys under, given the first records.

    A key is the input's own where the header declares it otherwise than we do, or does not declare it and the first
    records use it; ours then gets a prefix, and a number if that is taken too.
    """
    names: dict[InfoKey, bytes] = {}
    earlier, warnings = set(), []
    for key in KEYS:
        for name in _candidates(key.name):
            declared = header.info.get(name)
            ours = declared == replace(key, name=name).line()
            if ours or (declared is None and not _mentions(first, {name.encode()})):
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
    text = block.data.tobytes()
    info = block.column(INFO)
    found = {}
    for key in keys:
        # A plain search for the key is many times faster than the pattern, and mostly finds nothing.
        if key in text:
            uses = re.finditer(rb"(?<=[\t;])" + re.escape(key) + rb"(?=[=;\t\r\n]|$)", text)
            places = np.fromiter((use.start() for use in uses), np.int64)
            record = np.searchsorted(info.starts, places, side="right") - 1
            within = (record >= 0) & (places < (info.starts + info.sizes)[record])
            if within.any():
                found[key] = np.unique(record[within])
    return found
