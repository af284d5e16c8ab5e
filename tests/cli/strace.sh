#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# --strace: calls are decoded by their rows; halves of sleeping calls; files, filters, times and the table of counts.
. "$(dirname "$0")/expect.sh"
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # numbers of descriptors are compared, and whoever runs the tests may have some

# same FILE: its addresses hidden, it must be what standard input says.
same() {
    sed -E 's/0x[0-9a-f]{5,}/ADDR/g' "$1" >hidden
    diff hidden - >differences || fail "$1: $(cat differences)"
}

"$LOCKSTEP" run --strace=lines --strace-filter='%file,%net,%time,%memory,%process,rt_sigaction,!getpid,!gettid' "$ACT" calls >out 2>err
[ $? = 0 ] && [ ! -s out ] && [ ! -s err ] || fail "calls: $(cat out err)"
grep -v -e arch_prctl -e set_tid_address -e '^\[301' -e 'wait4' -e 'fork' lines >some
same some <<'END'
[300] open("/nowhere/file", O_RDWR|O_CREAT|O_LARGEFILE|O_CLOEXEC, 0640) = -1 ENOENT (No such file or directory)
[300] pipe2([3, 4], O_NONBLOCK) = 0
[300] writev(4, [{iov_base="ab", iov_len=2}, {iov_base="c\n", iov_len=2}], 2) = 4
[300] read(3, "abc\n", 64) = 4
[300] poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1
[300] fcntl(3, F_GETFL, 0) = 2048
[300] fcntl(3, F_SETFD, FD_CLOEXEC) = 0
[300] rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=ADDR}, NULL, 8) = 0
[300] socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0) = 5
[300] close(5) = 0
[300] connect(99, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EBADF (Bad file descriptor)
[300] ioctl(3, TIOCGWINSZ, ADDR) = -1 ENOTTY (Inappropriate ioctl for device)
[300] prlimit64(0, RLIMIT_CORE, {rlim_cur=0, rlim_max=RLIM64_INFINITY}, NULL) = 0
[300] nanosleep({tv_sec=0, tv_nsec=1000000}, NULL) = 0
[300] mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ADDR
[300] munmap(ADDR, 4096) = 0
[300] exit_group(0) = ?
[300] +++ exited with 0 +++
END
grep -qF '[301] exit_group(3) = ?' lines || fail "no line of the child"
grep -qE 'wait4(\(301, | resumed>)\[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 3\}\], 0, NULL\) = 301' lines || fail "no wait4: $(cat lines)"

"$LOCKSTEP" run --strace --strace-filter=read,write "$ACT" sleepy 2>lines || fail sleepy
grep -v -e exited -e '(act)' lines | sort >some # nor how it looks at its own state
same some <<'END'
[300] <... read resumed>"x", 1) = 1
[300] read(3,  <unfinished ...>
[301] write(4, "x", 1) = 1
END

"$LOCKSTEP" run --strace=lines --strace-filter=exit_group "$ACT" raise 15
[ $? = 143 ] || fail "raise"
same lines <<'END'
[300] +++ killed by SIGTERM +++
END
"$LOCKSTEP" run --strace=lines --strace-time clock --strace-time=relative --strace-time=duration --strace-filter=close "$ACT" calls
grep -qE '^[0-9]{10}\.[0-9]{6}      [0-9]\.[0-9]{6} \[300\] close\([0-9]\) = 0 <[0-9]\.[0-9]{6}>$' lines || fail "times: $(cat lines)"

"$LOCKSTEP" run --strace-count=table "$ACT" calls || fail count
grep -qE '^ *[0-9.]+ +[0-9.]+ +[0-9]+ +1 +1 connect$' table || fail "count: $(cat table)"
grep -qE ' total$' table || fail "no total"
expect 125 '' 'lockstep: strace: there is no system call or class nonsense' "$LOCKSTEP" run --strace --strace-filter=read,nonsense "$ACT" echo
expect 125 '' 'lockstep: strace: cannot write /nowhere/at/all' "$LOCKSTEP" run --strace=/nowhere/at/all "$ACT" echo
expect 125 '' 'lockstep: --strace-time is *' "$LOCKSTEP" run --strace --strace-time=never "$ACT" echo
finish
