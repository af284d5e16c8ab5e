#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Unix sockets between a machine and the host, and between two machines: whoever serves, whoever asks, they meet as two programs
# of the host do. What is bound with --rootfs is found below the directory.
. "$(dirname "$0")/expect.sh"
MEET=$(dirname "$ACT")/meet
umask 027
name=$work/$$
mkdir -p "root$work" root/tmp
cp "$MEET" root/meet
on_host=("$MEET")
on_machine=("$LOCKSTEP" run -- "$MEET")
interpreted=("$LOCKSTEP" run --engine=interp --memory=paged "$MEET")
deterministic=("$LOCKSTEP" run --deterministic --seed 3 "$MEET")
below_root=("$LOCKSTEP" run --rootfs "$work/root" /meet)

# meet SERVER CLIENT [ARGUMENT]: names of the commands above; out is what the client printed.
meet() {
    local -n server=$1 client=$2
    mkfifo ready
    "${server[@]}" serve "$name" >ready &
    local pid=$!
    exec 7<ready
    read -r line <&7
    rm ready
    timeout -s KILL 20 "${client[@]}" ask "$name" ${3-} >out 2>err || fail "$1 serves, $2 asks: $(cat err)"
    timeout 20 tail --pid=$pid -s 0.05 -f /dev/null || { fail "$1 did not end after $2"; kill -KILL $pid; }
    wait $pid || fail "$1 serves, $2 asks: the server's status is $?"
}

meet on_host on_host
cp out expected
grep -q 'mode 140750' expected || fail "natively: $(cat expected)"
for pair in "on_machine on_host" "on_host on_machine" "on_machine on_machine" "interpreted deterministic" "deterministic interpreted"; do
    meet $pair
    diff expected out >&2 || fail "other answers: $pair"
done

grep -v datagram expected >without-datagram
meet below_root below_root unanswered
diff without-datagram out >&2 || fail "other answers below a root"
[ -S "root$name.s" ] || fail "no socket below the root"

# Without the host's network nobody is reached.
"$LOCKSTEP" run --net=loopback "$MEET" serve "$name" >/dev/null &
pid=$!
for _ in {1..200}; do [ -S "$name.d" ] && break; sleep 0.02; done
"$MEET" ask "$name" >/dev/null 2>&1 && fail "reached through --net=loopback"
kill -KILL $pid
wait $pid 2>/dev/null
finish
