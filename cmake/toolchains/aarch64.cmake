# SPDX-License-Identifier: ISC
# A Linux aarch64 host, built on another machine with Debian's cross compiler and tried there under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
# Hosts of this kind differ in how many addresses they have.
set(LOCKSTEP_FIXED_PLACE OFF CACHE BOOL "" FORCE)
include(${CMAKE_CURRENT_LIST_DIR}/sysroot.cmake)
