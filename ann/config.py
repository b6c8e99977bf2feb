"""The settings of the annotators."""

import dataclasses
import functools
import os
from pathlib import Path

from util.settings import Settings, load, text, whole

INI = Path(__file__).with_name("ann_config.ini")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Annotator:
    """How jobs are run. Times in seconds."""

    work_folder: Path
    jobs: int = whole(0, 256)
    stop_grace_seconds: int = whole(0, 86400)
    max_crashes: int = whole(1, 100)
    progress_seconds: int = whole(1, 3600)
    reference_folder: str = text("(/[^\0]*)?", "is nothing, or the path of a folder that begins with a slash")

    @property
    def slots(self) -> int:
        """Jobs to run at a time."""
        return self.jobs or os.cpu_count() or 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnnotatorSettings(Settings):
    """What annotator.py and run.py read."""

    annotator: Annotator


@functools.cache
def load_settings() -> AnnotatorSettings:
    """Return the annotators' settings, read once in a process and those forked from it. Raises SettingsError."""
    return load(AnnotatorSettings, INI)
