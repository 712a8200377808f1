#!/bin/sh
# All tests, on SQLite and then on PostgreSQL; arguments go to pytest. The last line sums both runs up.
set -u
cd "$(dirname "$0")/.."
tools/test-needs.sh || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
closing=

run() { # run DATABASE ARGUMENTS...
    database=$1
    shift
    # The exit code of pytest, not of tee, decides.
    { .venv/bin/pytest --database="$database" "$@" 2>&1; echo "exit:$?"; } | tee "$log" | grep -v '^exit:[0-9]*$'
    code=$(sed -n 's/^exit://p' "$log")
    line=$(grep -E '^=+ .*(passed|failed|error|no tests ran|deselected).* =+$' "$log" | tail -n 1 | sed 's/^=* *//; s/ *=*$//')
    case $code in
        0) ;;
        5) if grep -q 'PostgreSQL is not available' "$log"; then line="skipped, no server"; fi ;;
        *) failed=1 ;;
    esac
    closing="$closing$database: ${line:-no result}; "
}
run sqlite "$@"
run postgresql "$@"
if [ $failed = 0 ]; then echo "Tests passed. ${closing%; }"; else echo "Tests FAILED. ${closing%; }"; fi
exit $failed
