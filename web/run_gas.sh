#!/usr/bin/env bash
# Starts one web server. `run_gas.sh console` logs to the terminal, else to the file that [log] file_name names.
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$folder")

if [[ -f "$folder/.env" ]]; then
    # shellcheck source=/dev/null
    source "$folder/.env"
fi
# The folder of a script must not hide installed packages.
export PYTHONSAFEPATH=1

gunicorn=gunicorn
if [[ -x "$project/.venv/bin/gunicorn" ]]; then gunicorn="$project/.venv/bin/gunicorn"; fi

case "${1:-}" in
    "") mkdir -p "$project/log" ;;
    console) set -- --access-logfile - --error-logfile - ;;
    *)
        echo "usage: run_gas.sh [console]" >&2
        exit 2
        ;;
esac

cd "$project"
exec "$gunicorn" --config "$folder/gunicorn.conf.py" "$@"
