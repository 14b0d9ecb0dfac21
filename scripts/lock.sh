#!/usr/bin/env bash
# Resolves all versions together, then writes one file of versions and hashes for each way to install.
set -euo pipefail

uv=$1
together=$(mktemp)
trap 'rm -f "$together"' EXIT
compile() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links "$@"
}

compile pyproject.toml --extra models --extra heic --group build --group dev --upgrade --output-file "$together"
compile pyproject.toml --group build --constraint "$together" --output-file locks/runtime.txt
compile pyproject.toml --group build --extra models --constraint "$together" --output-file locks/models.txt
compile pyproject.toml --group build --extra heic --constraint "$together" --output-file locks/heic.txt
compile pyproject.toml --group build --group dev --constraint "$together" --output-file locks/dev.txt
printf 'uv==%s\n' "$("$uv" --version | cut -d' ' -f2)" | compile - --output-file locks/uv.txt
