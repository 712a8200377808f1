#!/bin/sh
# All tests, on SQLite and on PostgreSQL; the last line sums the runs up.
#   tools/test.sh             everything, in five lanes at once: each waits for a disk, a server or a browser half of
#                             its time. What kills processes (on either database) and what drives a browser have
#                             lanes of their own, so that no lane outlasts the others by much
#   tools/test.sh ARGUMENTS   what pytest makes of them, on one database after the other
set -u
cd "$(dirname "$0")/.."
tools/test-needs.sh || exit 1
logs=$(mktemp -d)
export OTKLIK_TEST_DESKS="$logs/desks" # desks that the runs copy instead of each starting its own for the first time
mkdir "$OTKLIK_TEST_DESKS"
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

marked() { # marked MARK: the files with tests of that mark, so that a lane reads no others
    grep -rlE "mark\.$1\b" --include='test_*.py' otklik tests
}

if [ $# -gt 0 ]; then
    runs="sqlite postgresql"
    for database in $runs; do
        run "$database" "$database" "$@"
        cat "$logs/$database"
    done
else
    runs="sqlite postgresql faults faults-postgresql journeys"
    # shellcheck disable=SC2046 # names of files, a word each
    run faults sqlite -m "fault and not journey" $(marked fault) &
    others=$!
    run journeys sqlite -m journey $(marked journey) &
    others="$others $!"
    run faults-postgresql postgresql -m fault $(marked fault) &
    others="$others $!"
    run postgresql postgresql -m "not fault" &
    others="$others $!"
    run sqlite sqlite -m "not fault and not journey"
    cat "$logs/sqlite"
    wait
    cat "$logs/postgresql" "$logs/faults" "$logs/faults-postgresql" "$logs/journeys"
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
