#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# --user: the first process's ids, whose files the host user's seem to be, and what becomes of everybody else's.
. "$(dirname "$0")/expect.sh"

me=$(id -u):$(id -g)
other=/
if [ "$(id -u)" = 0 ]; then
    touch other
    chown 4321:4321 other
    other=$work/other
fi
[ "$me" = 0:0 ] || expect 0 "0:0 0:0 65534:65534 0 22 0" '' "$LOCKSTEP" run --user=0:0 "$ACT" user "$other"
expect 0 "1234:1234 1234:1234 65534:65534 0 22 1" '' "$LOCKSTEP" run --user 1234 "$ACT" user "$other"
expect 0 "0:7 0:7 65534:65534 0 22 0" '' "$LOCKSTEP" run --user=0:7 "$ACT" user "$other"
# The host's own ids are no map.
"$ACT" user "$other" >native 2>&1
expect 0 "$(cat native)" '' "$LOCKSTEP" run --user="$me" "$ACT" user "$other"
expect 0 "$(cat native)" '' "$LOCKSTEP" run "$ACT" user "$other"
finish
