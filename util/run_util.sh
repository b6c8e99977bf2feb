#!/usr/bin/env bash
# Starts every utility daemon, each in a tmux session of its own that bears the daemon's name.
set -euo pipefail
util=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v tmux >/dev/null || { echo "run_util.sh needs tmux, which is not installed" >&2; exit 1; }
for script in "$util"/*/run_*.sh; do
    daemon=$(basename "$(dirname "$script")")
    if tmux has-session -t "=$daemon" 2>/dev/null; then
        echo "$daemon runs already"
    else
        tmux new-session -d -s "$daemon" "$script"
        echo "$daemon started; to look: tmux attach -t $daemon"
    fi
done
