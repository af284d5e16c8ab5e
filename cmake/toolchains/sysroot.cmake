# SPDX-License-Identifier: ISC
# Libraries for the other host lie in LOCKSTEP_SYSROOT, where scripts/install_host.sh puts them; nothing of this machine's own
# may be linked, but its programs serve the build.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LOCKSTEP_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${LOCKSTEP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
include_directories(SYSTEM ${LOCKSTEP_SYSROOT}/include)
