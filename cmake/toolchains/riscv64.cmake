# SPDX-License-Identifier: ISC
# A Linux riscv64 host, built on another machine with Debian's cross compiler and tried there under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-riscv64)
# Hosts of this kind differ in how many addresses they have.
set(LOCKSTEP_FIXED_PLACE OFF CACHE BOOL "" FORCE)
# Guests' accesses may lie at any address and must stay single ones; Linux lets them.
set(CMAKE_C_FLAGS_INIT -mno-strict-align)
include(${CMAKE_CURRENT_LIST_DIR}/sysroot.cmake)
