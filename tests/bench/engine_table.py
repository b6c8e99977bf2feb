"""The table of a run: what was measured, beside the bars that the engine has to reach."""

from collections.abc import Sequence
from dataclasses import dataclass

COLUMNS = ("input", "tool", "seconds", "CPU s", "spread", "records/s", "peak MB", "ratio", "bar", "verdict")
ALIGNED_LEFT = {"input", "tool", "bar", "verdict"}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a figure must reach: at ``least`` or at ``most``, shown as ``unit`` says (``{:.1f}x`` and so on)."""

    least: float | None = None
    most: float | None = None
    unit: str = "{:.1f}x"

    def __str__(self) -> str:
        """Show the bar."""
        limit = self.least if self.least is not None else self.most
        return ("≥ " if self.least is not None else "≤ ") + self.unit.format(limit)

    def verdict(self, value: float) -> str:
        """Return ``pass`` or ``FAIL``."""
        good = value >= self.least if self.least is not None else value <= (self.most or 0)
        return "pass" if good else "FAIL"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line; what is None is left out. ``ratio`` is how many times as fast as the tool of the row ours is.

    ``bars`` are pairs of a bar and the value that it is for.
    """

    input: str
    tool: str
    seconds: float | None = None
    busy: float | None = None
    spread: float | None = None
    rate: float | None = None
    peak: float | None = None
    ratio: float | None = None
    bars: Sequence[tuple[Bar, float]] = ()
    failure: str = ""

    def cells(self) -> list[str]:
        """Return the texts of COLUMNS."""
        verdict = ", ".join(dict.fromkeys(bar.verdict(value) for bar, value in self.bars))
        return [
            self.input,
            self.tool,
            *("" if value is None else f"{value:.{3 if value < 10 else 1}f}" for value in (self.seconds, self.busy)),
            "" if self.spread is None else f"{100 * self.spread:.0f} %",
            "" if self.rate is None else f"{self.rate:,.0f}",
            "" if self.peak is None else f"{self.peak / 1e6:,.0f}",
            "" if self.ratio is None else f"{self.ratio:.2f}x",
            " and ".join(str(bar) for bar, _ in self.bars),
            "not measured" if self.failure else verdict,
        ]


@dataclass(frozen=True, kw_only=True)
class Section:
    """The rows of one question, and how they are to be read."""

    title: str
    notes: Sequence[str]
    rows: Sequence[Row]


def render(about: Sequence[str], sections: Sequence[Section]) -> str:
    """Return a Markdown page whose tables can be read as plain text too."""
    lines = ["# The annotation engine, measured", "", *about]
    for section in sections:
        lines += ["", f"## {section.title}", ""]
        lines += [*section.notes, ""] if section.notes else []
        lines += table([row.cells() for row in section.rows])
        failed = [row for row in section.rows if row.failure]
        whys = dict.fromkeys(f"- Not measured, {row.tool}: {' '.join(row.failure.split())}" for row in failed)
        lines += ["", *whys] if whys else []
    bars = [bar.verdict(value) for section in sections for row in section.rows for bar, value in row.bars]
    unmeasured = sum(bool(row.failure) for section in sections for row in section.rows)
    end = f"{bars.count('pass')} bars reached, {bars.count('FAIL')} missed, {unmeasured} rows not measured."
    return "\n".join([*lines, "", end, ""])


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with COLUMNS as its head, padded to even widths."""
    widths = [max(len(row[i]) for row in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
    columns = list(zip(COLUMNS, widths, strict=True))
    rule = ["-" * width if name in ALIGNED_LEFT else "-" * (width - 1) + ":" for name, width in columns]
    lines = []
    for row in [COLUMNS, rule, *rows]:
        cells = [
            cell.ljust(width) if name in ALIGNED_LEFT else cell.rjust(width)
            for cell, (name, width) in zip(row, columns, strict=True)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines
