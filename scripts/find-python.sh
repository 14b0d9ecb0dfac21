#!/usr/bin/env bash
# Prints a Python that Pinwalk runs on: the one given, else the first that fits. Otherwise one clear line, exit code 2.
set -uo pipefail

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
for name in ${1:-python3 python3.13 python3.12 python3.11}; do
  if "$name" -c "$fits" 2>/dev/null; then
    if ! "$name" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$name has no ensurepip: install its venv package (on Debian and Ubuntu: apt install python3-venv) or set PYTHON=…" >&2
      exit 2
    fi
    echo "$name"
    exit 0
  fi
done
found=$("${1:-python3}" --version 2>/dev/null || echo "none")
echo "Pinwalk needs Python 3.11, 3.12 or 3.13 (found: $found). Install one, or name it: make run PYTHON=/path/to/python3.12" >&2
exit 2
