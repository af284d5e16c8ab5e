#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hostile_packets.py LOCKSTEP SUBJECT ENGINE [PACKETS [SEED [TRACE]]]: packets that no gdb would send. Whatever comes, lockstep does not die of a
signal and says of no fault of its own; it goes on to answer, or ends the session."""
import random
import subprocess
import sys
import threading

TEMPLATES = [
    "?", "!", "g", "G00", "G" + "ff" * 500, "p0", "p39", "pffffffffffffffff", "P0=0011223344556677", "P10=ffff", "m400000,40", "m0,ffffffffffffffff",
    "mfffffffffffffff0,40", "M400000,4:00112233", "X400000,4:abcd", "X400000,0:", "Z0,401000,1", "z0,401000,1", "Z0,ffffffffffffffff,1", "Z1,0,1",
    "Z2,40a000,8", "Z2,40a000,ffffffffffffffff", "z2,40a000,8", "Z3,40a000,4", "Z9,0,0", "Hg0", "Hgp12c.12c", "Hg-1", "Hc-1", "Hgp-1.-1", "T12c", "Tp1.1",
    "c", "s", "vCont?", "vCont;c", "vCont;s:p12c.12c;c", "vCont;r400000,500000:p12c.-1", "vCont;C1e:p12c.12c;c", "vCont;t", "vCont" + ";s:1" * 100,
    "vCont;", "qSupported:multiprocess+;swbreak+;fork-events+;vfork-events+;exec-events+", "qC", "qAttached:1", "qfThreadInfo", "qsThreadInfo",
    "qThreadExtraInfo,p12c.12c", "qXfer:features:read:target.xml:0,1000", "qXfer:features:read:target.xml:fffffffffffffff0,ff", "qXfer:auxv:read::0,400",
    "qXfer:threads:read::0,400", "qXfer:exec-file:read:12c:0,100", "qXfer:siginfo:read::0,80", "qXfer:siginfo:write::0:" + "x" * 128,
    "qXfer:features:read:" + "a" * 5000, "qRcmd,68656c70", "qRcmd,6d617073", "qRcmd," + "41" * 3000, "qRcmd,zz", "qSymbol::", "qSearch:memory:400000;1000;ELF",
    "qSearch:memory:0;ffffffffffffffff;x", "QStartNoAckMode", "QPassSignals:e;10;ff", "QCatchSyscalls:1;1;2;ffff", "QCatchSyscalls:0", "QThreadEvents:1",
    "QNonStop:1", "vFile:open:2f6574632f706173737764,0,0", "vFile:open:" + "2f" * 6000 + ",0,0", "vFile:pread:0,ffffffff,0", "vFile:pread:f,10,ffffffffffffffff",
    "vFile:fstat:0", "vFile:close:0", "vFile:close:ffffffff", "vFile:readlink:2f", "vFile:setfs:0", "vMustReplyEmpty", "bs", "bc", "qTStatus", "D;1", "vKill;1",
]


def mutate(random_, text):
    data = bytearray(text.encode())
    for _ in range(random_.choice([0, 0, 1, 1, 2, 8])):
        way = random_.randrange(4)
        at = random_.randrange(len(data) + 1)
        if way == 0 and at < len(data):
            data[at] = random_.randrange(256)
        elif way == 1:
            data[at:at] = random_.choice([b";", b",", b":", b"-1", b"p", b"0", b"ffffffffffffffff", b"}", b"\0"])
        elif way == 2:
            del data[at:at + random_.randrange(8)]
        else:
            data += data[:random_.randrange(len(data) + 1)]
    return bytes(data)


def frame(random_, data):
    body = b"".join(bytes([ord("}"), c ^ 0x20]) if c in b"#$}*" else bytes([c]) for c in data)
    if random_.randrange(50) == 0:
        body = data  # as it is
    total = sum(body) & 0xff if random_.randrange(50) else random_.randrange(256)
    return b"$" + body + b"#" + b"%02x" % total


def drain(pipe, into):
    while chunk := pipe.read(65536):
        into[0] = (into[0] + chunk)[-4000:]


def session(command, packets):
    """Sends the packets; returns how many."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
    said, errors = [b""], [b""]
    readers = [threading.Thread(target=drain, args=a) for a in ((process.stdout, said), (process.stderr, errors))]
    for reader in readers:
        reader.start()
    sent = []
    try:
        for packet in packets:
            sent.append(packet)
            process.stdin.write(packet)
        process.stdin.write(b"\3" + frame(random.Random(1), b"k"))
        process.stdin.close()
    except OSError:
        pass  # it has ended the session
    status = process.wait(timeout=60)
    for reader in readers:
        reader.join()
    if status < 0 or b"fault" in errors[0] or b"Sanitizer" in errors[0] or b"runtime error" in errors[0]:
        print(f"status {status} after {len(sent)} packets, the last of them {sent[-3:]}:\n{errors[0].decode(errors='replace')}")
        sys.exit(1)
    return max(len(sent), 1)


def resume_after_end(command):
    """The machine has ended: no stop would ever come."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    said = b""
    for packet, answer in ((b"QStartNoAckMode", b"$OK#"), (b"c", b"$W00#"), (b"c", b"$E03#"), (b"vCont;s:1", b"$E03#")):
        process.stdin.write(frame(random.Random(1), packet))
        while answer not in said:
            chunk = process.stdout.read(4096)
            assert chunk, f"{packet} was answered by {said}"
            said += chunk
        said = b""
    process.stdin.close()
    process.wait(timeout=60)


def hostile(random_, n):
    yield frame(random.Random(1), b"QStartNoAckMode")
    for _ in range(n):
        yield frame(random_, mutate(random_, random_.choice(TEMPLATES)))
        if random_.randrange(4) == 0:
            yield b"\3"


def main():
    lockstep, subject, engine = sys.argv[1:4]
    packets = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    random_ = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    command = [lockstep, "debug", "--gdb=-", "--engine=" + engine] + (sys.argv[6:] or [subject, "fork"])
    if len(sys.argv) <= 6:
        resume_after_end(command)
    sessions = 0
    while packets > 0:
        packets -= session(command, hostile(random_, min(packets, 60)))
        sessions += 1
    print(f"{sessions} sessions")


main()
