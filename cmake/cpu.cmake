# SPDX-License-Identifier: ISC
# Compiler settings of single files of the CPU. Included after the libraries are made.
# Floating point: operators must happen as written, in the run-time rounding mode, with their exceptions.
include(CheckCCompilerFlag)
set(fp_options -O3 -frounding-math -ftrapping-math -fno-math-errno -ffp-contract=off)
check_c_compiler_flag(-fsignaling-nans LOCKSTEP_HAVE_SIGNALING_NANS)
if(LOCKSTEP_HAVE_SIGNALING_NANS AND CMAKE_C_COMPILER_ID STREQUAL GNU)
    list(APPEND fp_options -fsignaling-nans)
endif()
file(GLOB fp_sources ${CMAKE_SOURCE_DIR}/cpu/interp/fp_*.c)
set_source_files_properties(${fp_sources} PROPERTIES COMPILE_OPTIONS "${fp_options}")

# Lane loops are written for the vectoriser.
file(GLOB lane_sources ${CMAKE_SOURCE_DIR}/cpu/interp/vec_*.c ${CMAKE_SOURCE_DIR}/cpu/interp/sse_*.c)
set_source_files_properties(${lane_sources} PROPERTIES COMPILE_OPTIONS "-O3")

# One floating-point environment per host processor.
get_target_property(cpu_sources lockstep_cpu SOURCES)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(FILTER cpu_sources EXCLUDE REGEX "/fp_host_generic\\.c$")
else()
    list(FILTER cpu_sources EXCLUDE REGEX "/fp_host_x86_64\\.c$")
endif()
set_target_properties(lockstep_cpu PROPERTIES SOURCES "${cpu_sources}")
