#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# An interactive shell in the machine, at a terminal of the host: keys, jobs, window size, as without the machine.
. "$(dirname "$0")/expect.sh"

cat >script <<'END'
type PS1='$'' '^M
see $ 
type echo one $((1+1))^M
see one 2
type tty^M
see /dev/pts/
type bash -c 'echo re''ady; exec sleep 100'^M
see ready
type ^C
see $ 
type echo status $?^M
see status 130
type bash -c 'echo rea''dy; exec cat'^M
see ready
type abc^M
see abc
see abc
type ^Z
see Stopped
type jobs^M
see Stopped
see exec cat'
type fg^M
see bash -c
type def^M
see def
see def
type ^D
see $ 
type sleep 100 &^M
see [1]
type kill %1; wait %1^M
see Terminated
type cat &^M
see [1]
type until jobs | grep -q Stop; do sleep 0.1; done; echo back''ground^M
see background
type fg^M
see cat
type ghi^M
see ghi
see ghi
type ^C
see $ 
type echo again $?^M
see again 130
type sleep 50 & bg; jobs^M
see Running
type kill %1; wait^M
size 33 99
type stty size^M
see 33 99
type exit 7^M
end 7
END
interact=$(dirname "$ACT")/interact
command -v bash >/dev/null || finish
"$interact" bash --norc --noprofile -i <script || fail "not even on the host"
"$interact" "$LOCKSTEP" run bash --norc --noprofile -i <script || fail "in the machine"
finish
