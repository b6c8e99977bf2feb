"""Changes of a protein, out of the texts of bcftools csq and of HGVS.p, in one form that can be compared.

Both texts are applied to the reference's protein, so that it does not matter how each tool trims or shifts.
"""

import re
from typing import Final
from urllib.parse import unquote

_NAMES: Final = "AlaArgAsnAspCysGlnGluGlyHisIleLeuLysMetPheProSerThrTrpTyrValTerXaaSec"
THREE: Final = dict(zip(re.findall("...", _NAMES), "ARNDCQEGHILKMFPSTWYV*XU", strict=True))
_AA: Final = r"(?:[A-Z][a-z]{2}|\*)"
_HGVS: Final = re.compile(
    rf"(?P<first>{_AA})(?P<from>\d+)(?:_(?P<last>{_AA})(?P<to>\d+))?"
    rf"(?:(?P<same>=)|(?P<unknown>\?)|(?P<new>{_AA})?(?P<fs>fs|ext)(?:(?:Ter|\*)(?P<stop>\d+|\?))?"
    rf"|(?P<dup>dup)|(?P<del>del)?(?:ins)?(?P<ins>(?:{_AA})*?)(?:ext(?:Ter|\*)(?:\d+|\?))?)"
)
_SEVERAL: Final = re.compile(rf"((?:{_AA}){{2,}})(\d+)((?:{_AA})+)")  # as SnpEff writes it
_CSQ: Final = re.compile(r"(\d+)([A-Z*]+)(?:>(\d+)([A-Z*]+))?")

# ("=",), ("?",), ("change", place, gone, new), ("frame", place, new amino acid, codons up to the stop or None) or
# ("extension", place, new amino acid).
Change = tuple[str | int | None, ...]
SAME: Final[Change] = ("=",)
UNKNOWN: Final[Change] = ("?",)


def agree(one: Change, other: Change) -> bool:
    """Whether two changes are the same as far as ``other`` tells.

    It may not know which amino acid follows; a stop may be the first codon of a shifted frame. Neither may know where
    that stops: csq reads to the end of the CDS or some bases beyond the transcript, we to the end of the transcript.
    """
    if other[0] in ("frame", "extension") and not other[2]:
        stops = one[0] == "extension" or (one[0] == "change" and one[3] == "*")
        return one[1:2] == other[1:2] and (one[0] == other[0] or stops)
    if one[0] == other[0] == "frame" and None in (one[3], other[3]):
        return one[:3] == other[:3]
    return other in (one, UNKNOWN)


def from_csq(text: str, protein: str, *, frameshift: bool) -> Change:
    """Return the change that csq writes, for example ``508VA>508V``. Raises ValueError where it does not fit."""
    match = _CSQ.fullmatch(text)
    if match is None:
        return UNKNOWN
    place, old, new = int(match[1]), match[2], match[4]
    if new is None:
        return SAME
    _expect(protein, place, old)
    return change(protein, protein[: place - 1] + new + protein[place - 1 + len(old) :], frameshift=frameshift)


def from_hgvs(text: str, protein: str) -> Change:
    """Return the change that HGVS.p writes. Raises ValueError where it does not fit ``protein``."""
    text = unquote(text).removeprefix("p.").strip("()")
    several = _SEVERAL.fullmatch(text)
    if several:
        return from_csq(
            f"{several[2]}{letters(several[1])}>{several[2]}{letters(several[3])}", protein, frameshift=False
        )
    match = _HGVS.fullmatch(text)
    if match is None:
        return UNKNOWN
    first = int(match["from"])
    last = int(match["to"] or first)
    _expect(protein, first, THREE.get(match["first"], "*"))
    if match["last"]:
        _expect(protein, last, THREE.get(match["last"], "*"))
    if match["same"] or match["unknown"]:
        return SAME if match["same"] else UNKNOWN
    if match["fs"]:
        new = letters(match["new"] or "")
        stop = int(match["stop"]) if (match["stop"] or "?") != "?" else None
        return ("frame", first, new, stop) if match["fs"] == "fs" else ("extension", first, new)
    return change(protein, _applied(protein, match, first, last), frameshift=False)


def _applied(protein: str, match: re.Match[str], first: int, last: int) -> str:
    gone = protein[first - 1 : last]
    if match["dup"]:
        return protein[:last] + gone + protein[last:]
    new = letters(match["ins"])
    inserted = "ins" in match[0] and not match["del"]
    if inserted:
        return protein[:first] + new + protein[last - 1 :]
    return protein[: first - 1] + new + protein[last:]


def letters(text: str) -> str:
    """Return three-letter amino acids as single letters."""
    return "".join(THREE.get(code, "X") if code != "*" else "*" for code in re.findall(_AA, text))


def _expect(protein: str, place: int, old: str) -> None:
    found = protein[place - 1 : place - 1 + len(old)]
    if found != old[: len(found)] or place < 1 or place > len(protein) + 1:
        raise ValueError(f"the protein has {found or 'nothing'} at {place}, not {old}")


def change(old: str, new: str, *, frameshift: bool) -> Change:
    """Return how ``old`` becomes ``new``, both up to their first stop; trimmed at the beginning first."""
    old, new = (text[: text.index("*") + 1] if "*" in text else text for text in (old, new))
    if old == new:
        return SAME
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    fresh = new[same : same + 1]
    if old[same : same + 1] == "*":
        return ("extension", same + 1, fresh)
    if fresh == "*":
        return ("change", same + 1, old[same], "*")
    if frameshift:
        return ("frame", same + 1, fresh, len(new) - same if new.endswith("*") else None)
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return ("change", same + 1, old[same : len(old) - tail], new[same : len(new) - tail])
