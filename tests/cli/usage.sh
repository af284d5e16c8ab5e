#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Bad use is one line on stderr and status 125; help and version go to stdout.
. "$(dirname "$0")/expect.sh"

expect 125 '' 'lockstep: no command; see lockstep --help' "$LOCKSTEP"
expect 125 '' "lockstep: unknown command 'fly'; see lockstep --help" "$LOCKSTEP" fly
expect 125 '' 'lockstep: no program to run; see lockstep run --help' "$LOCKSTEP" run
expect 125 '' 'lockstep: no program to run; see lockstep run --help' "$LOCKSTEP" run --
expect 125 '' 'lockstep: unknown option --fast; see lockstep run --help' "$LOCKSTEP" run --fast x
expect 125 '' 'lockstep: unknown option -x; see lockstep run --help' "$LOCKSTEP" run -x
expect 125 '' 'lockstep: --verbose takes no value' "$LOCKSTEP" run --verbose=yes x
expect 125 '' 'lockstep: --rootfs needs a value: --rootfs=DIR' "$LOCKSTEP" run --rootfs
expect 125 '' 'lockstep: --env needs the name of a variable' "$LOCKSTEP" run --env =1 "$ACT"
expect 125 '' "lockstep: there is no engine 'fast'" "$LOCKSTEP" run --engine=fast "$ACT" exit 0
expect 0 '' '' "$LOCKSTEP" run --engine=interp --memory=paged "$ACT" exit 0
for mib in 0 257 -1 1k ''; do
    expect 125 '' 'lockstep: --jit-cache needs a number from 1 to 256' "$LOCKSTEP" run --jit-cache="$mib" "$ACT" exit 0
done
expect 125 '' "lockstep: there is no engine 'warp'" "$LOCKSTEP" run --engine warp "$ACT" exit 0
expect 125 '' "lockstep: there is no memory 'flat'" "$LOCKSTEP" run --memory=flat "$ACT" exit 0
expect 0 '' '' "$LOCKSTEP" run --memory=window "$ACT" exit 0
expect 125 '' "lockstep: there is no network 'moon'" "$LOCKSTEP" run --net=moon "$ACT" exit 0
expect 0 '101 101 0 99' '' "$LOCKSTEP" run --net=none "$ACT" net
expect 0 '101 111 0 0' '' "$LOCKSTEP" run --net=loopback "$ACT" net
expect 0 '' '' "$LOCKSTEP" run --net=host "$ACT" exit 0
expect 125 '' "lockstep: there is no CPU model 'z80'" "$LOCKSTEP" run --cpu=z80 "$ACT" exit 0
expect 125 '' 'lockstep: cannot use /nonexistent as root: No such file or directory' \
    "$LOCKSTEP" run --rootfs /nonexistent "$ACT" exit 0
for user in '' root 0: :0 0:x -1 4294967295 0:4294967295 99999999999999999999; do
    expect 125 '' "lockstep: the user '$user' is not UID or UID:GID in numbers" "$LOCKSTEP" run --user="$user" "$ACT" exit 0
done
expect 125 '' 'lockstep: --seed is for --deterministic' "$LOCKSTEP" run --seed 1 "$ACT" exit 0
expect 125 '' 'lockstep: --seed needs a number below 2^64' "$LOCKSTEP" run --deterministic --seed 99999999999999999999 "$ACT" exit 0
expect 125 '' "lockstep: there is no strategy 'luck'; there are random walk pct pos surw " \
    "$LOCKSTEP" run --deterministic --strategy luck "$ACT" exit 0
expect 125 '' 'lockstep: --strategy, --depth and --schedule are for --deterministic' "$LOCKSTEP" run --strategy pos "$ACT" exit 0
expect 125 '' 'lockstep: cannot read the schedule /nonexistent: No such file or directory' \
    "$LOCKSTEP" run --deterministic --schedule /nonexistent "$ACT" exit 0
expect 3 '' '' "$LOCKSTEP" run --deterministic --strategy pct --depth 2 "$ACT" exit 3
expect 125 '' 'lockstep: no program to explore; see lockstep explore --help' "$LOCKSTEP" explore
expect 125 '' 'lockstep: --runs needs a number from 1 to 18446744073709551614' "$LOCKSTEP" explore --runs 0 "$ACT" exit 0
expect 125 '' "lockstep: there is no strategy 'luck'; there are random walk pct pos surw " "$LOCKSTEP" explore --strategy luck "$ACT" exit 0
expect 3 '' '' "$LOCKSTEP" run --deterministic --seed 0x7 "$ACT" exit 3
expect 125 '' 'lockstep: explain needs a trace, or --schedule and a program; see lockstep explain --help' "$LOCKSTEP" explain
expect 125 '' 'lockstep: explain takes one trace; a program needs --schedule' "$LOCKSTEP" explain "$ACT" exit 0
expect 125 '' 'lockstep: * /nonexistent: No such file or directory' "$LOCKSTEP" explain /nonexistent
printf 'lockstep schedule 1\n1 0 0\n' >"$work/schedule"
expect 127 '' 'lockstep: cannot run /nonexistent: No such file or directory' "$LOCKSTEP" explain --schedule "$work/schedule" /nonexistent
printf 'lockstep schedule 1\n1 0 0\n2 0\n' >"$work/schedule"
expect 125 '' 'lockstep: * is not a schedule: line 3' "$LOCKSTEP" run --deterministic --schedule "$work/schedule" "$ACT" exit 0
expect 125 '' 'lockstep: no program to debug; see lockstep debug --help' "$LOCKSTEP" debug --gdb=0
expect 125 '' 'lockstep: --gdb needs a port, 0 to 65535, or -' "$LOCKSTEP" debug --gdb=65536 "$ACT"
expect 127 '' 'lockstep: cannot run /nonexistent: No such file or directory' "$LOCKSTEP" debug --gdb=0 /nonexistent
expect 125 '' 'lockstep: --gdb is for lockstep debug' "$LOCKSTEP" run --gdb=0 "$ACT"
expect 0 "lockstep 0.1.0" '' "$LOCKSTEP" --version
expect 0 '*' '' "$LOCKSTEP" --help
grep -q '^  run ' .out || fail "--help does not list run"
expect 0 '*' '' "$LOCKSTEP" run --help
grep -q '^  --engine=NAME ' .out || fail "run --help does not list --engine"
finish
