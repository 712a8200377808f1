#!/bin/sh
# Every check that needs no running desk. All of them run, so that one look shows everything; any failure fails the whole.
#   tools/check.sh [NAME...]   only the named ones: lint format types layers borders sizes translations migrations
#                              openapi reference dependencies docs
set -u
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
# The checks import the settings; they must not leave a data folder behind nor read somebody's configuration.
OTKLIK_DATA=$(mktemp -d)
OTKLIK_SECRET_KEY=checks
export PATH OTKLIK_DATA OTKLIK_SECRET_KEY
unset OTKLIK_DATABASE_URL
log=$OTKLIK_DATA/log
trap 'rm -rf "$OTKLIK_DATA"' EXIT
only=" $* "
failed=

step() {
    name=$1
    shift
    case $only in "  " | *" $name "*) ;; *) return ;; esac
    if "$@" >"$log" 2>&1; then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        sed 's/^/        /' "$log"
        failed="$failed $name"
    fi
}
step lint ruff check --quiet --output-format=concise .
step format ruff format --quiet --check .
step types mypy
step layers lint-imports --no-cache
step borders python -m scripts.borders
step sizes python -m scripts.sizes
step translations python scripts/messages.py check
step migrations python -m scripts.migrations
step openapi python -m scripts.openapi --check
step reference python -m scripts.reference --check
step dependencies python -m scripts.dependencies
step docs python -m scripts.docs
if [ -n "$failed" ]; then
    echo "Checks failed:$failed"
    exit 1
fi
echo "All checks passed."
