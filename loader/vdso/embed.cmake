# SPDX-License-Identifier: ISC
# cmake -DIN=FILE -DOUT=FILE.c -P embed.cmake: the bytes of a file as the vdso_image of loader/vdso.h.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include \"loader/vdso.h\"\nstatic const uint8_t bytes[] = {${bytes}};\n"
    "const struct vdso_image vdso_image = {bytes, sizeof bytes};\n")
