#!/usr/bin/env bash
# Configures and builds one preset of CMakePresets.json.
#   build.sh release|debug|asan+ubsan|tsan [TARGET...]
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" ${@:+--target "$@"}
