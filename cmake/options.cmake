# SPDX-License-Identifier: ISC
# Compiler settings of every target: C11, warnings are errors, sanitizers by LOCKSTEP_SANITIZE.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
set(LOCKSTEP_SANITIZE "" CACHE STRING "address,undefined or thread")

add_library(lockstep_options INTERFACE)
target_include_directories(lockstep_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(lockstep_options INTERFACE _GNU_SOURCE)
target_compile_options(lockstep_options INTERFACE
    -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef
    -Wno-unused-parameter -fno-strict-aliasing -fwrapv -fPIE)
# Fewer pages to map at each start. Nothing unwinds; debuggers want Debug builds.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(lockstep_options INTERFACE -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections)
endif()
if(LOCKSTEP_SANITIZE)
    target_compile_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE} -fno-omit-frame-pointer -g)
    target_link_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()
