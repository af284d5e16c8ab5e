#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# A guest in --rootfs never sees or changes a file outside, however its threads rename directories and swap links under each
# other's walks.
. "$(dirname "$0")/expect.sh"

for options in '' '--engine=interp --memory=paged'; do
    rm -rf outside && mkdir -p outside/root
    echo outside >outside/secret && echo here >outside/victim && echo gold >outside/treasure
    cp outside/secret outside/victim outside/treasure .
    cp "$(dirname "$ACT")/racer" outside/root/racer
    # shellcheck disable=SC2086
    expect 0 'stayed inside' '' "$LOCKSTEP" run --rootfs outside/root $options -- /racer 2 "$PWD/outside/secret"
    for name in secret victim treasure; do
        cmp -s outside/$name $name || fail "outside/$name was changed ($options)"
    done
    for name in intruder file; do
        [ ! -e outside/$name ] && [ ! -e $name ] || fail "$name got out ($options)"
    done
    [ "$(ls outside)" = "$(printf 'root\nsecret\ntreasure\nvictim')" ] || fail "outside holds $(ls outside)"
done
# The racer would notice: with the outside in its root it finds the secret.
mkdir -p outside/root && echo outside >outside/secret && cp "$(dirname "$ACT")/racer" outside/racer
expect 1 '*' '' "$LOCKSTEP" run --rootfs outside -- /racer 1 /secret
finish
