# SPDX-License-Identifier: ISC
# Compiler settings of single files of the CPU. Included after the libraries are made.
# Floating point: operators must happen as written, in the run-time rounding mode, with their exceptions.
set(fp_options -O3 -frounding-math -fno-math-errno -ffp-contract=off)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
    list(APPEND fp_options -ffp-exception-behavior=strict)
else()
    list(APPEND fp_options -ftrapping-math -fsignaling-nans)
endif()
file(GLOB fp_sources ${CMAKE_SOURCE_DIR}/cpu/interp/fp_*.c)
set_source_files_properties(${fp_sources} PROPERTIES COMPILE_OPTIONS "${fp_options}")

# Lane loops are written for the vectoriser. Elsewhere clang must not vectorise: it shifts vectors by way of converting floats
# to integers, which sets flags in the host's MXCSR, and those are the guest's while the interpreter runs.
file(GLOB lane_sources ${CMAKE_SOURCE_DIR}/cpu/interp/vec_*.c)
if(CMAKE_C_COMPILER_ID MATCHES Clang)
    target_compile_options(lockstep_cpu PRIVATE -fno-vectorize -fno-slp-vectorize)
    set_source_files_properties(${lane_sources} PROPERTIES COMPILE_OPTIONS "-O3;-fvectorize;-fslp-vectorize")
else()
    set_source_files_properties(${lane_sources} PROPERTIES COMPILE_OPTIONS "-O3")
endif()

# One floating-point environment, one swap of 16 bytes and one translator per host processor.
get_target_property(cpu_sources lockstep_cpu SOURCES)
set(host_cpu generic)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set(host_cpu x86_64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(host_cpu aarch64)
endif()
foreach(other x86_64 aarch64 generic)
    if(NOT other STREQUAL host_cpu)
        list(FILTER cpu_sources EXCLUDE REGEX "/(fp_host|atomic16)_${other}\\.c$")
    endif()
endforeach()
if(host_cpu STREQUAL x86_64)
    list(FILTER cpu_sources EXCLUDE REGEX "/jit/none\\.c$")
else()
    list(FILTER cpu_sources EXCLUDE REGEX "/jit/x86_64/")
    target_link_libraries(lockstep_cpu PUBLIC m)
endif()
# Sanitizers have the low addresses for themselves and know nothing of translated code: their builds interpret.
if(LOCKSTEP_SANITIZE)
    list(FILTER cpu_sources EXCLUDE REGEX "/jit/x86_64/")
    list(APPEND cpu_sources ${CMAKE_SOURCE_DIR}/cpu/jit/none.c)
    list(REMOVE_DUPLICATES cpu_sources)
endif()
set_target_properties(lockstep_cpu PROPERTIES SOURCES "${cpu_sources}")

# Races of guest threads on guest memory are the guest's: the thread sanitizer looks at everything but the handlers.
if(LOCKSTEP_SANITIZE MATCHES thread)
    file(GLOB handler_sources ${CMAKE_SOURCE_DIR}/cpu/interp/*.c)
    list(FILTER handler_sources EXCLUDE REGEX "/(interp|cache|block)\\.c$")
    set_property(SOURCE ${handler_sources} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=thread)
endif()

# Runs while the vector registers are the guest's.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    set_source_files_properties(${CMAKE_SOURCE_DIR}/cpu/jit/x86_64/counter.c PROPERTIES COMPILE_OPTIONS "-mgeneral-regs-only")
endif()
