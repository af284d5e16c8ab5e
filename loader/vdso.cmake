# SPDX-License-Identifier: ISC
# vdso/vdso.c -> an ELF image of guest code -> its bytes in a C file. Where the compiler makes no x86-64 code: none.c.
get_target_property(loader_sources lockstep_loader SOURCES)
list(FILTER loader_sources EXCLUDE REGEX "/vdso/")
set(vdso_compiler ${CMAKE_C_COMPILER})
set(vdso_processor ${CMAKE_SYSTEM_PROCESSOR})
if(CMAKE_CROSSCOMPILING)
    set(vdso_compiler ${LOCKSTEP_BUILD_CC})
    set(vdso_processor ${CMAKE_HOST_SYSTEM_PROCESSOR})
endif()
if(vdso_processor MATCHES "^(x86_64|AMD64)$")
    set(vdso ${CMAKE_SOURCE_DIR}/loader/vdso)
    set(generated ${CMAKE_BINARY_DIR}/generated/loader)
    file(MAKE_DIRECTORY ${generated})
    add_custom_command(OUTPUT ${generated}/vdso.so
        COMMAND ${vdso_compiler} -std=c11 -O2 -Wall -Wextra -ffreestanding -fPIC -fno-stack-protector -fcf-protection=none
            -fasynchronous-unwind-tables -mgeneral-regs-only -fno-jump-tables -I${CMAKE_SOURCE_DIR} -nostdlib -shared -s
            -Wl,-soname,linux-vdso.so.1 -Wl,--hash-style=both -Wl,--eh-frame-hdr -Wl,--build-id=none -Wl,-Bsymbolic
            -Wl,-z,max-page-size=4096 -Wl,--version-script=${vdso}/vdso.map -Wl,-T,${vdso}/vdso.lds
            -o ${generated}/vdso.so ${vdso}/vdso.c
        DEPENDS ${vdso}/vdso.c ${vdso}/vdso.map ${vdso}/vdso.lds ${CMAKE_SOURCE_DIR}/cpu/counter.h VERBATIM)
    add_custom_command(OUTPUT ${generated}/vdso_image.c
        COMMAND ${CMAKE_COMMAND} -DIN=${generated}/vdso.so -DOUT=${generated}/vdso_image.c -P ${vdso}/embed.cmake
        DEPENDS ${generated}/vdso.so ${vdso}/embed.cmake VERBATIM)
    list(APPEND loader_sources ${generated}/vdso_image.c)
else()
    list(APPEND loader_sources ${CMAKE_SOURCE_DIR}/loader/vdso/none.c)
endif()
set_target_properties(lockstep_loader PROPERTIES SOURCES "${loader_sources}")
