# SPDX-License-Identifier: ISC
# How the program is linked: static, since no dynamic loader should run at each start, and high, since the low addresses
# belong to guests. At a fixed place (10 TiB: above the windows, below everything that the host's kernel places) nothing is
# relocated at start, and tables of pointers stay clean pages of the file. The C library's own start files serve, in the
# variants that are free of 32-bit addresses; where they do not do for it, or with -DLOCKSTEP_FIXED_PLACE=OFF, the program
# is position-independent and the host chooses where it lies.
include(CheckCSourceRuns)
include(CheckCSourceCompiles)
option(LOCKSTEP_FIXED_PLACE "Link at a fixed high address instead of position-independent" ON)
set(LOCKSTEP_PLACE 0x0a0000000000)

function(lockstep_start_file name result)
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${name} OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(${result} "${path}" PARENT_SCOPE)
endfunction()

foreach(file crt1 crti crtbeginS crtendS crtn)
    lockstep_start_file(${file}.o ${file})
endforeach()
# Weak functions of the C library must be there: see weak.ld.
set(weak -u,__cxa_finalize,-u,__call_tls_dtors,-u,__pthread_unwind,-u,__glibc_tls_internal_free)
set(fixed_options -static -nostartfiles -Wl,-Ttext-segment=${LOCKSTEP_PLACE},--no-relax,${weak}
    ${crt1} ${crti} ${crtbeginS} ${crtendS} ${crtn} ${CMAKE_SOURCE_DIR}/cmake/weak.ld)

set(place_test "
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static void *run(void *arg) { return arg; }
int main(void) {
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, 0, run, &thread) || pthread_join(thread, &result) || result != &thread) return 1;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (waitpid(child, 0, 0) != child) return 1;
    return printf(\"%s\", \"\") != 0 || (unsigned long)main >> 40 != ${LOCKSTEP_PLACE} >> 40;
}")
set(CMAKE_REQUIRED_FLAGS "-fPIE")
set(CMAKE_REQUIRED_LINK_OPTIONS ${fixed_options})
if(LOCKSTEP_FIXED_PLACE AND NOT LOCKSTEP_SANITIZE)
    check_c_source_runs("${place_test}" LOCKSTEP_FIXED_PLACE_WORKS)
endif()
set(CMAKE_REQUIRED_FLAGS "-fPIE -static-pie")
unset(CMAKE_REQUIRED_LINK_OPTIONS)
check_c_source_compiles("int main(void) { return 0; }" LOCKSTEP_HAVE_STATIC_PIE)
unset(CMAKE_REQUIRED_FLAGS)

if(LOCKSTEP_FIXED_PLACE AND LOCKSTEP_FIXED_PLACE_WORKS)
    target_link_options(lockstep PRIVATE ${fixed_options})
elseif(LOCKSTEP_HAVE_STATIC_PIE AND NOT LOCKSTEP_SANITIZE)
    target_link_options(lockstep PRIVATE -static-pie)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_link_options(lockstep PRIVATE -Wl,--gc-sections)
endif()
