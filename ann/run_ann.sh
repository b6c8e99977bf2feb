#!/usr/bin/env bash
# Starts the annotator in the foreground, with the project's virtual environment where there is one.
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export PYTHONSAFEPATH=1
PATH="$project/.venv/bin:$PATH"
exec python "$project/ann/annotator.py"
