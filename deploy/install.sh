#!/bin/sh
# Brings uv and the locked environment into the checkout; does nothing where they are there already.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cat requirements-uv.txt requirements.txt pyproject.toml | sha256sum | cut -d' ' -f1)
[ "$(cat .venv/installed 2>/dev/null)" = "$wanted" ] && exit 0
python=""
for candidate in python3.11 /usr/bin/python3.11; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Một Cửa needs Python 3.11 with its venv module: apt-get install python3.11 python3.11-venv" >&2
    exit 2
fi
echo "1/3 environment (.venv)"
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "2/3 uv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt
echo "3/3 locked packages (the first time about 800 MB)"
.venv/bin/uv pip sync --require-hashes --python .venv/bin/python requirements-uv.txt requirements.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --python .venv/bin/python -e .
echo "$wanted" > .venv/installed
