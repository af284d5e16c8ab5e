# SPDX-License-Identifier: ISC
# forms.def -> form_table.inc, by a C program that runs on the building machine (LOCKSTEP_BUILD_CC when cross-compiling).
# The program has the rows compiled in, so a changed row rebuilds it.
set(generator_sources decoder/generate/main.c decoder/generate/encoding.c decoder/generate/operands.c
    decoder/generate/facts.c decoder/operand_spec.c)
list(TRANSFORM generator_sources PREPEND ${CMAKE_SOURCE_DIR}/)
set(generated ${CMAKE_BINARY_DIR}/generated/decoder)
file(MAKE_DIRECTORY ${generated})

if(CMAKE_CROSSCOMPILING)
    find_program(LOCKSTEP_BUILD_CC NAMES cc gcc clang REQUIRED DOC "C compiler for programs that the build runs")
    file(GLOB generator_inputs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/decoder/*.h ${CMAKE_SOURCE_DIR}/decoder/generate/*.h
        ${CMAKE_SOURCE_DIR}/decoder/*.def ${CMAKE_SOURCE_DIR}/decoder/forms/*.def)
    set(forms_generator ${generated}/forms_generator)
    add_custom_command(OUTPUT ${forms_generator}
        COMMAND ${LOCKSTEP_BUILD_CC} -std=c11 -I${CMAKE_SOURCE_DIR} ${generator_sources} -o ${forms_generator}
        DEPENDS ${generator_sources} ${generator_inputs} VERBATIM)
else()
    set(forms_generator forms_generator)
    add_executable(forms_generator ${generator_sources})
    target_link_libraries(forms_generator PRIVATE lockstep_options)
endif()

add_custom_command(OUTPUT ${generated}/form_table.inc COMMAND ${forms_generator} > ${generated}/form_table.inc
    DEPENDS ${forms_generator} VERBATIM)
target_sources(lockstep_decoder PRIVATE ${generated}/form_table.inc)
target_include_directories(lockstep_decoder PRIVATE ${generated})
