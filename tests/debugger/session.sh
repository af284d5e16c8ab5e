# SPDX-License-Identifier: ISC
# For the scripts beside it: `session MODE`, with gdb's commands on standard input, runs the subject under gdb; `has COUNT PATTERN`
# looks at what was said. Called as: SCRIPT LOCKSTEP SUBJECT ENGINE.
set -u
LOCKSTEP=$1 SUBJECT=$2 ENGINE=$3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
said=$dir/said
bad=0 said_now=0 said_of=-1

fail() {
    [ "$said_of" = "$said_now" ] || sed 's/^/    /' "$said"
    said_of=$said_now
    echo "$(basename "$0"): $*"
    bad=1
}

# session MODE [OPTION...]
session() {
    local mode=$1
    shift
    said_now=$((said_now + 1))
    {
        echo 'set pagination off'
        echo 'set debuginfod enabled off'
        # gdb ends what it talks to by SIGTERM when it goes, which the program is not to see, and closes the pipe that it shows errors from
        echo "target remote | trap '' TERM; timeout -s KILL 60 $LOCKSTEP debug --gdb - --engine=$ENGINE $* $SUBJECT $mode 2>>$said; :"
        cat
    } >"$dir/commands"
    : >"$said"
    timeout -s KILL 90 gdb -nx -q -batch -x "$dir/commands" "$SUBJECT" >>"$said" 2>&1 </dev/null
}

trace=$dir/trace
# record MODE
record() {
    "$LOCKSTEP" record --engine="$ENGINE" -o "$trace" "$SUBJECT" "$1" >/dev/null 2>&1
}

# replay [OPTION...]: gdb's commands are on standard input
replay() {
    said_now=$((said_now + 1))
    {
        echo 'set pagination off'
        echo 'set debuginfod enabled off'
        echo "target remote | timeout -s KILL 100 $LOCKSTEP debug --gdb - --engine=$ENGINE $* $trace"
        cat
    } >"$dir/commands"
    timeout -s KILL 110 gdb -nx -q -batch -x "$dir/commands" "$SUBJECT" >"$said" 2>&1 </dev/null
}

has() {
    local n
    n=$(grep -cE -e "$2" "$said")
    [ "$n" = "$1" ] || fail "$n lines match /$2/, not $1"
}

finish() {
    exit "$bad"
}
