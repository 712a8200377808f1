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
types= # the process that looks at the types
trap 'kill $types 2>/dev/null; rm -rf "$OTKLIK_DATA"' EXIT
only=" $* "
failed=

wanted() {
    case $only in "  " | *" $1 "*) return 0 ;; esac
    return 1
}
tell() { # tell NAME CODE LOG
    if [ "$2" = 0 ]; then
        echo "ok      $1"
    else
        echo "FAILED  $1"
        sed 's/^/        /' "$3"
        failed="$failed $1"
    fi
}
step() {
    name=$1
    shift
    wanted "$name" || return 0
    code=0
    "$@" >"$log" 2>&1 || code=$?
    tell "$name" "$code" "$log"
}
# The types take as long as all the others together, so they have a processor of their own.
if wanted types; then
    mypy >"$log.types" 2>&1 &
    types=$!
fi
step lint ruff check --quiet --output-format=concise .
step format ruff format --quiet --check .
step layers lint-imports --no-cache
step borders python -m scripts.borders
step sizes python -m scripts.sizes
step translations python scripts/messages.py check
step migrations python -m scripts.migrations
step openapi python -m scripts.openapi --check
step reference python -m scripts.reference --check
step dependencies python -m scripts.dependencies
step docs python -m scripts.docs
if [ -n "$types" ]; then
    code=0
    wait "$types" || code=$?
    types=
    tell types "$code" "$log.types"
fi
if [ -n "$failed" ]; then
    echo "Checks failed:$failed"
    exit 1
fi
echo "All checks passed."
