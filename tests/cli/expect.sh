# SPDX-License-Identifier: ISC
# Sourced by the scripts: LOCKSTEP, ACT, a fresh directory as current one, and expect.
set -u
LOCKSTEP=$1
ACT=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# expect STATUS STDOUT STDERR-PATTERN COMMAND...: STDOUT is the whole output ("*": any); the pattern is a shell pattern.
expect() {
    local status=$1 out=$2 err=$3 got
    shift 3
    "$@" >"$work/.out" 2>"$work/.err"
    got=$?
    [ "$got" = "$status" ] || fail "$*: status $got, not $status"
    [ "$out" = '*' ] || [ "$(cat "$work/.out")" = "$out" ] || fail "$*: printed '$(cat "$work/.out")', not '$out'"
    # shellcheck disable=SC2053
    [[ "$(cat "$work/.err")" == $err ]] || fail "$*: said '$(cat "$work/.err")', not '$err'"
}

fail() {
    echo "FAIL: $1" >&2
    failures=$((failures + 1))
}

finish() {
    [ "$failures" = 0 ] && echo "ok"
    exit "$failures"
}
