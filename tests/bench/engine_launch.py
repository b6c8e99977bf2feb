"""Run a command, or several as a pipe, on given cores; print seconds, CPU seconds, peak memory and exit codes as JSON.

A process of its own, with the standard library only: what a child used at most counts from the size of the process that
started it. The argument is JSON: ``stages`` (lists of arguments), ``cores``, ``output`` and ``errors`` (paths).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def run(stages: list[list[str]], cores: list[int], output: str, errors: str) -> dict[str, object]:
    """Run the stages, the last one's output into ``output``.

    ``busy`` (CPU seconds) and ``peak`` (bytes) are sums over the stages.
    """
    os.sched_setaffinity(0, cores)
    begin = time.perf_counter()
    processes: list[subprocess.Popen[bytes]] = []
    with Path(output).open("wb") as sink, Path(errors).open("wb") as complaints:
        before = None
        for number, stage in enumerate(stages):
            last = number == len(stages) - 1
            process = subprocess.Popen(
                stage, stdin=before or subprocess.DEVNULL, stdout=sink if last else subprocess.PIPE, stderr=complaints
            )
            if before is not None:
                before.close()
            before = process.stdout
            processes.append(process)
        codes, peak, busy = [], 0, 0.0
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            codes.append(process.returncode)
            peak += usage.ru_maxrss * 1024
            busy += usage.ru_utime + usage.ru_stime
    return {"seconds": time.perf_counter() - begin, "busy": busy, "peak": peak, "codes": codes}


def first_byte(stage: list[str], cores: list[int], errors: str) -> dict[str, object]:
    """Run the command until its first byte of output, then let it finish unheard."""
    os.sched_setaffinity(0, cores)
    begin = time.perf_counter()
    with Path(errors).open("wb") as complaints:
        process = subprocess.Popen(stage, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints)
        assert process.stdout is not None
        found = os.read(process.stdout.fileno(), 1)
        seconds = time.perf_counter() - begin
        while os.read(process.stdout.fileno(), 1 << 20):
            pass
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    code = process.returncode if found else process.returncode or 1
    busy = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "busy": busy, "peak": usage.ru_maxrss * 1024, "codes": [code]}


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    if asked["first_byte"]:
        result = first_byte(asked["stages"][0], asked["cores"], asked["errors"])
    else:
        result = run(asked["stages"], asked["cores"], asked["output"], asked["errors"])
    sys.stdout.write(json.dumps(result))
