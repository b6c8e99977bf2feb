#!/usr/bin/env bash
# Starts one web server. `run_gas.sh console` logs to the terminal, else to the file that [log] file_name names.
set -euo pipefail

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$folder")

if [[ -f "$folder/.env" ]]; then
    # shellcheck source=/dev/null
    source "$folder/.env"
fi
# Variables that the capstone names otherwise than our settings do.
if [[ -n "${ACCOUNTS_DATABASE_TABLE:-}" ]]; then export GAS_ACCOUNTS_TABLE="$ACCOUNTS_DATABASE_TABLE"; fi
if [[ -n "${GUNICORN_WORKERS:-}" ]]; then export GAS_APP_WORKERS="$GUNICORN_WORKERS"; fi
# The folder of a script must not hide installed packages.
export PYTHONSAFEPATH=1

gunicorn=gunicorn
if [[ -x "$project/.venv/bin/gunicorn" ]]; then gunicorn="$project/.venv/bin/gunicorn"; fi

console=()
case "${1:-}" in
    "") mkdir -p "$project/log" ;;
    console) console=(--access-logfile - --error-logfile -) ;;
    *)
        echo "usage: run_gas.sh [console]" >&2
        exit 2
        ;;
esac

cd "$project"
exec "$gunicorn" --config "$folder/gunicorn.conf.py" "${console[@]}"
