#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# The program is found as execvp(3) finds it and gets its arguments, environment and descriptors unchanged.
. "$(dirname "$0")/expect.sh"

expect 0 '[][two words][--strace]' '' "$LOCKSTEP" run "$ACT" echo '' 'two words' --strace
mkdir bin && cp "$ACT" bin/act
expect 0 '[x]' '' env PATH="/nowhere:$PWD/bin:$PATH" "$LOCKSTEP" run act echo x
expect 0 '[y]' '' "$LOCKSTEP" run --env PATH="$PWD/bin" act echo y
(cd bin && expect 0 '[z]' '' "$LOCKSTEP" run ./act echo z && finish >/dev/null) || fail "relative path"
printf '#!%s echo\n' "$ACT" >script && chmod 755 script
expect 0 '[./script][a]' '' "$LOCKSTEP" run ./script a

expect 0 'outer' '' env TESTVAR=outer "$LOCKSTEP" run "$ACT" env TESTVAR
expect 0 'inner' '' env TESTVAR=outer "$LOCKSTEP" run --env TESTVAR=inner "$ACT" env TESTVAR
expect 0 '' '' env TESTVAR=outer "$LOCKSTEP" run --env TESTVAR= "$ACT" env TESTVAR
expect 0 '(unset)' '' env TESTVAR=outer "$LOCKSTEP" run --env TESTVAR "$ACT" env TESTVAR

echo three >file
expect 0 'three' '' bash -c '"$0" run "$1" copy 3 3<file' "$LOCKSTEP" "$ACT"
# The natively inherited ones are the truth: whoever runs the tests may leave descriptors open.
expect 0 "$("$ACT" descriptors 5<file)" '' bash -c '"$0" run "$1" descriptors 5<file' "$LOCKSTEP" "$ACT"
expect 0 "$("$ACT" descriptors)" '' "$LOCKSTEP" run "$ACT" descriptors
expect 0 "$("$ACT" descriptors <&-)" '' bash -c '"$0" run "$1" descriptors <&-' "$LOCKSTEP" "$ACT"

mkdir -p root/dir && cp "$ACT" root/dir/act
expect 0 '[in]' '' "$LOCKSTEP" run --rootfs root /dir/act echo in
cp "$ACT" root/act
(cd root/dir && expect 0 '[below]' '' "$LOCKSTEP" run --rootfs .. ./act echo below && finish >/dev/null) || fail "rootfs and cwd"
(cd bin && expect 0 '[outside]' '' "$LOCKSTEP" run --rootfs ../root ./act echo outside && finish >/dev/null) || fail "cwd outside"
finish
