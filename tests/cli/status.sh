#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Our exit status is the guest's, 128 plus its signal, or 126 and 127 with a reason.
. "$(dirname "$0")/expect.sh"

expect 0 '' '' "$LOCKSTEP" run "$ACT" exit 0
expect 7 '' '' "$LOCKSTEP" run "$ACT" exit 7
expect 255 '' '' "$LOCKSTEP" run -- "$ACT" exit 255
for signal in 6 9 11 15 10; do
    expect $((128 + signal)) '' '*' "$LOCKSTEP" run "$ACT" raise $signal
done
expect 0 '' '' "$LOCKSTEP" run "$ACT" raise 17

expect 127 '' 'lockstep: cannot run ./nothing: *No such file or directory' "$LOCKSTEP" run ./nothing
expect 127 '' 'lockstep: cannot run no-such-program-anywhere: No such file or directory' \
    "$LOCKSTEP" run no-such-program-anywhere
expect 126 '' 'lockstep: cannot run ./.: *' "$LOCKSTEP" run ./.
cp "$ACT" not-executable && chmod 644 not-executable
expect 126 '' 'lockstep: cannot run ./not-executable: *' "$LOCKSTEP" run ./not-executable
echo hello >text && chmod 755 text
expect 126 '' 'lockstep: cannot run ./text: neither an ELF file nor a script' "$LOCKSTEP" run ./text
cp "$ACT" arm && chmod 755 arm && printf '\267\0' | dd of=arm bs=1 seek=18 conv=notrunc 2>/dev/null
expect 126 '' 'lockstep: cannot run ./arm: not an x86-64 ELF file: machine is AArch64' "$LOCKSTEP" run ./arm
printf '#!/nonexistent/sh\n' >script && chmod 755 script
expect 127 '' 'lockstep: cannot run ./script: cannot open the interpreter /nonexistent/sh: *' "$LOCKSTEP" run ./script
finish
