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
from ann.anntools.texts import Texts

PREFIX = "GAS_"
ONE_REGION = b"(?:" + "|".join(REGIONS).encode() + b")"
OUR_REGIONS = re.compile(ONE_REGION + b"(?:[&,]" + ONE_REGION + b")*")


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
        used[[record for record, _ in found]] = True
        self.clashing |= {match[1] for _, match in found}
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
        pieces, done = [], 0
        info = block.column(INFO)
        text = block.data.tobytes()
        for record in sorted({record for record, _ in _mentions(block, self.earlier)}):
            start = int(info.starts[record])
            stop = start + int(info.sizes[record])
            pairs = [pair.partition(b"=") for pair in text[start:stop].split(b";")]
            if self._ours({name: value for name, _, value in pairs}):
                kept = b";".join(b"".join(pair) for pair in pairs if pair[0] not in self.earlier)
                pieces += [text[done:start], kept or b"."]
                done = stop
        return b"".join([*pieces, text[done:]]) if pieces else None

    def _ours(self, info: dict[bytes, bytes]) -> bool:
        """Whether an earlier run wrote into this record: it then wrote a REGION, whatever else it did."""
        region = self.names[REGION]
        return region not in self.earlier or bool(OUR_REGIONS.fullmatch(info.get(region, b"")))


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


def _mentions(block: Block, keys: set[bytes]) -> list[tuple[int, re.Match[bytes]]]:
    """Return (record, match) for each use of ``keys`` in INFO."""
    text = block.data.tobytes()
    # A plain search for each key is many times faster than the pattern, and mostly finds nothing.
    present = [re.escape(key) for key in keys if key in text]
    if not present:
        return []
    pattern = re.compile(rb"(?<=[\t;])(" + b"|".join(present) + rb")(?=[=;\t\r\n]|$)")
    info = block.column(INFO)
    found = []
    for match in pattern.finditer(text):
        record = int(np.searchsorted(info.starts, match.start(), side="right")) - 1
        if record >= 0 and match.start() < info.starts[record] + info.sizes[record]:
            found.append((record, match))
    return found
