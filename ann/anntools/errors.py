"""What can go wrong in the engine: one tree, every message a sentence for the person who sent the file.

`clipped` and `quoted` are how a sentence repeats what the file says.

AnnToolsError
├── BadInput           the file cannot be annotated as it is; carries the line number where there is one
├── UnknownAssembly    the genome that the positions refer to cannot be known, or is not one that we have
└── ReferenceDataError the reference tables are missing, damaged or of another format version
"""

CLIP = 60  # characters of the input that a sentence shows
BINARY = "binary data"
UNREADABLE = "\ufffd"  # what decoding puts in place of bytes that are no UTF-8


class AnnToolsError(Exception):
    """Root of all errors that the engine raises on purpose; ``str()`` of it is one sentence."""


class BadInput(AnnToolsError):
    """The input cannot be annotated; ``line`` is its 1-based line number, None where no line is to blame."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence if line is None else f"Line {line}: {sentence}")
        self.line = line


class UnknownAssembly(AnnToolsError):
    """Neither the request, the header nor the records tell which genome the positions refer to."""


class ReferenceDataError(AnnToolsError):
    """The reference tables cannot be used."""


def clipped(text: str) -> str:
    """Return the first characters of what a file says, for a sentence; "binary data" where it is no readable text."""
    start = text[: CLIP + 1]
    if UNREADABLE in start or not start.replace("\t", " ").isprintable():
        return BINARY
    return start if len(start) <= CLIP else start[:CLIP] + "…"


def quoted(value: bytes) -> str:
    """Return the first characters of what a file holds, in quotation marks; "binary data" where it is no text."""
    # Whole characters only: a character of UTF-8 has at most four bytes.
    text = clipped(value[: 4 * (CLIP + 2)].decode("utf-8", "replace")[: CLIP + 1])
    return text if text == BINARY else repr(text)
