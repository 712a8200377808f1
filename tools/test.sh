#!/bin/sh
# All tests, on SQLite and on PostgreSQL; the last line sums the runs up.
#   tools/test.sh             everything, in four lanes at once: each waits for a disk, a server or a browser half of
#                             its time. What kills processes and what drives a browser have lanes of their own
#   tools/test.sh ARGUMENTS   what pytest makes of them, on one database after the other
set -u
cd "$(dirname "$0")/.."
tools/test-needs.sh || exit 1
logs=$(mktemp -d)
others=
trap 'rm -rf "$logs"' EXIT
trap 'kill $others 2>/dev/null; exit 130' INT TERM

run() { # run NAME DATABASE ARGUMENTS...: the exit code of pytest goes into NAME.code
    name=$1
    database=$2
    shift 2
    .venv/bin/pytest --database="$database" --durations=25 --durations-min=2 "$@" >"$logs/$name" 2>&1
    echo $? >"$logs/$name.code"
}
if [ $# -gt 0 ]; then
    runs="sqlite postgresql"
    for database in $runs; do
        run "$database" "$database" "$@"
        cat "$logs/$database"
    done
else
    runs="sqlite postgresql faults journeys"
    run faults sqlite -m "fault and not journey" &
    others=$!
    run journeys sqlite -m journey &
    others="$others $!"
    run postgresql postgresql &
    others="$others $!"
    run sqlite sqlite -m "not fault and not journey"
    cat "$logs/sqlite"
    wait
    cat "$logs/postgresql" "$logs/faults" "$logs/journeys"
fi
failed=0
closing=
for name in $runs; do
    line=$(grep -E '^=+ .*(passed|failed|error|no tests ran|deselected).* =+$' "$logs/$name" | tail -n 1 | sed 's/^=* *//; s/ *=*$//')
    case $(cat "$logs/$name.code") in
        0) ;;
        5) if grep -q 'PostgreSQL is not available' "$logs/$name"; then line="skipped, no server"; fi ;;
        *) failed=1 ;;
    esac
    closing="$closing$name: ${line:-no result}; "
done
if [ $failed = 0 ]; then echo "Tests passed. ${closing%; }"; else echo "Tests FAILED. ${closing%; }"; fi
exit $failed
