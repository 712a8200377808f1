#!/bin/sh
# Rewrites the three locks from pyproject.toml: hashed, for every platform and Python >= 3.12, and without any address in them.
#   tools/lock.sh            keeps the versions that already stand in the locks
#   tools/lock.sh --upgrade  takes the newest that pyproject.toml allows
set -eu
cd "$(dirname "$0")/.."
UV=$(command -v uv || echo .uv/bin/uv)
PY=$(.venv/bin/python -c 'import sys; print(sys.executable)')
compile() {
    out=$1
    shift
    "$UV" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --no-python-downloads --python "$PY" --python-version 3.12 --output-file "$out" "$@"
    if grep -E '://|/root/|/home/' "$out"; then
        echo "$out names an address" >&2
        exit 1
    fi
}
compile requirements.lock pyproject.toml --group build "$@"
compile requirements-dev.lock pyproject.toml --group dev --constraint requirements.lock "$@"
echo uv | compile tools/uv.lock - "$@"
