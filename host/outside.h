/* SPDX-License-Identifier: ISC */
/* How rows of outside.def expand: OUTSIDE_LIST(macro, arguments...) applies a macro to each argument, with commas between. */
#pragma once

#define OUTSIDE_COUNT_(a, b, c, d, e, f, n, ...) n
#define OUTSIDE_COUNT(...) OUTSIDE_COUNT_(__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define OUTSIDE_GLUE_(a, b) a##b
#define OUTSIDE_GLUE(a, b) OUTSIDE_GLUE_(a, b)

#define OUTSIDE_LIST1(m, a) m a
#define OUTSIDE_LIST2(m, a, ...) m a, OUTSIDE_LIST1(m, __VA_ARGS__)
#define OUTSIDE_LIST3(m, a, ...) m a, OUTSIDE_LIST2(m, __VA_ARGS__)
#define OUTSIDE_LIST4(m, a, ...) m a, OUTSIDE_LIST3(m, __VA_ARGS__)
#define OUTSIDE_LIST5(m, a, ...) m a, OUTSIDE_LIST4(m, __VA_ARGS__)
#define OUTSIDE_LIST6(m, a, ...) m a, OUTSIDE_LIST5(m, __VA_ARGS__)
#define OUTSIDE_LIST(m, ...) OUTSIDE_GLUE(OUTSIDE_LIST, OUTSIDE_COUNT(__VA_ARGS__))(m, __VA_ARGS__)

#define OUTSIDE_PARAMETER(kind, type, name, size) type name
