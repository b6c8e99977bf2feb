"""What can go wrong in the engine: one tree, every message a sentence for the person who sent the file.

AnnToolsError
├── BadInput           the file cannot be annotated as it is; carries the line number where there is one
├── UnknownAssembly    the genome that the positions refer to cannot be known, or is not one that we have
└── ReferenceDataError the reference tables are missing, damaged or of another format version
"""


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
