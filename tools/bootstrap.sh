#!/bin/sh
# Makes .venv from a hashed lock and installs the project into it. Does nothing when nothing has changed.
#   tools/bootstrap.sh        what the desk needs (requirements.lock)
#   tools/bootstrap.sh dev    and what checks and tests need (requirements-dev.lock)
# PYTHON=/path/to/python chooses the interpreter; otherwise the first usable Python >= 3.12 is taken.
set -eu
cd "$(dirname "$0")/.."
KIND=${1:-runtime}
V=.venv
STAMP=$V/.otklik-lock

sum() { cat "$@" | cksum; }
RUNTIME_SUM="runtime $(sum requirements.lock)"
DEV_SUM="dev $(sum requirements-dev.lock)"
PROJECT_SUM="project $(sum pyproject.toml scripts/build_hook.py)"
# The dev lock holds everything of the runtime lock, so an environment made for the tests serves the desk as well.
if [ "$KIND" = dev ]; then WANTED=$DEV_SUM LOCK=requirements-dev.lock; else WANTED=$RUNTIME_SUM LOCK=requirements.lock; fi
has() { [ -x $V/bin/python ] && grep -qxF "$1" $STAMP 2>/dev/null; }

fail() {
    echo "Otklik needs Python 3.12 or newer with venv: $1" >&2
    echo "  Debian, Ubuntu: apt-get install make python3-venv     Fedora: dnf install make python3     macOS: brew install python" >&2
    echo "  or name one that is not on the path: PYTHON=/path/to/python3.13 make run" >&2
    exit 1
}
# A shim of a version manager may exist and still start nothing, so each candidate is tried, not only looked up; and a
# shim that fails hides a good Python further down the path, so all of them are.
good() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1; }
find_python() {
    PY=
    if [ -n "${PYTHON:-}" ]; then
        good "$PYTHON" || fail "PYTHON=$PYTHON is not one."
        PY=$PYTHON
    fi
    old_ifs=$IFS
    for name in python3.13 python3.14 python3.12 python3 python; do
        [ -z "$PY" ] || break
        IFS=:
        for folder in $PATH; do
            if [ -x "$folder/$name" ] && good "$folder/$name"; then PY=$folder/$name && break; fi
        done
        IFS=$old_ifs
    done
    if [ -z "$PY" ]; then
        for candidate in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python \
            "$HOME"/.local/share/uv/python/cpython-3.1[2-9]*/bin/python3; do
            if [ -x "$candidate" ] && good "$candidate"; then PY=$candidate; fi
        done
    fi
    if [ -n "$PY" ]; then PY=$("$PY" -c 'import sys; print(sys.executable)'); fi
}
# uv installs in a second what takes pip a minute. It comes hashed, into a folder of its own; without it pip does the work.
find_uv() {
    UV=$(command -v uv || true)
    if [ -n "$UV" ] && "$UV" --version >/dev/null 2>&1; then return; fi
    UV=.uv/bin/uv
    if [ -x $UV ]; then return; fi
    for candidate in "$PY" python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -m venv --clear .uv >/dev/null 2>&1 &&
            .uv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r tools/uv.lock >/dev/null 2>&1; then
            return
        fi
    done
    rm -rf .uv
    UV=
}
in_venv() { # is .venv whole and of a version that we support?
    [ -x $V/bin/python ] && $V/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

prepare() {
    PY=
    in_venv || find_python
    find_uv
    if ! in_venv; then
        if [ -n "$PY" ] && [ -n "$UV" ]; then
            "$UV" venv --quiet --clear --no-project --python "$PY" $V
        elif [ -n "$PY" ]; then
            "$PY" -m venv --clear $V
        elif [ -n "$UV" ]; then
            "$UV" venv --quiet --clear --no-project --python 3.13 $V || fail "none was found, and uv could not fetch one."
        else
            fail "none was found."
        fi
    fi
    rm -f $STAMP
}
install_lock() {
    echo "Installing what stands in $LOCK ..."
    if [ -n "$UV" ]; then
        "$UV" pip sync --quiet --python $V/bin/python --require-hashes "$LOCK"
    else
        $V/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r "$LOCK"
    fi
}
install_project() {
    if [ -n "$UV" ]; then
        "$UV" pip install --quiet --python $V/bin/python --no-deps --no-build-isolation --editable .
    else
        $V/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
    fi
}

if ! has "$WANTED" || ! has "$PROJECT_SUM"; then
    LOCKED=$(has "$WANTED" && echo yes || echo no)
    HAD_DEV=$(has "$DEV_SUM" && echo yes || echo no)
    prepare
    if [ "$LOCKED" = no ]; then install_lock; fi
    install_project
    {
        echo "$RUNTIME_SUM"
        if [ "$KIND" = dev ] || { [ "$LOCKED" = yes ] && [ "$HAD_DEV" = yes ]; }; then echo "$DEV_SUM"; fi
        echo "$PROJECT_SUM"
    } > $STAMP
fi
exec $V/bin/python scripts/messages.py compile
