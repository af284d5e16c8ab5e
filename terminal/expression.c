/* SPDX-License-Identifier: ISC */
/* C's operators over 64-bit numbers, registers ($rax), symbols and memory. An object's name is the place that it is at; a function's is its
 * address. By recursive descent; depth is limited, since anybody may write a script. */
#include "terminal/session.h"

#include "base/bits.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, LOWEST = 1, UNARY = 11 };

struct parser {
    struct session *s;
    const char *at;
    int depth;
    bool failed;
};

static struct value parse(struct parser *p, int level);

static struct value give_up(struct parser *p, const char *why) {
    if (!p->failed) session_fail(p->s, "%s at \"%.30s\"", why, p->at);
    p->failed = true;
    return (struct value){.size = 8};
}

static void skip(struct parser *p) {
    while (isspace((unsigned char)*p->at)) p->at++;
}

static struct value number(uint64_t n) {
    return (struct value){.number = n, .size = 8, .is_signed = true};
}

static uint64_t extend(const struct value *v) {
    const unsigned bits = v->size * 8;
    if (bits >= 64) return v->number;
    return v->is_signed ? (uint64_t)sign_extend(v->number, bits) : v->number & ((1ull << bits) - 1);
}

/* What is there now. */
static void load(struct parser *p, struct value *v) {
    v->number = 0;
    if (target_read(p->s->target, p->s->pid, v->address, &v->number, v->size) != (int64_t)v->size) give_up(p, "no memory to read there");
    v->number = extend(v);
}

static struct value place(struct parser *p, uint64_t address, unsigned size, bool is_signed) {
    struct value v = {.is_place = true, .address = address, .size = size, .is_signed = is_signed};
    load(p, &v);
    return v;
}

static const struct {
    const char *name;
    unsigned size;
    bool is_signed;
} types[] = {{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false}, {"i8", 1, true},   {"i16", 2, true},
             {"i32", 4, true}, {"i64", 8, true},  {"char", 1, true}, {"short", 2, true}, {"int", 4, true}, {"long", 8, true}};

static size_t word_length(const char *at) {
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || at[n] == '_' || (n && (at[n] == '.' || at[n] == '@'))) n++;
    return n;
}

/* "(u8)": true, and its row; at is behind it. */
static bool take_cast(struct parser *p, size_t *row) {
    const char *at = p->at + 1;
    const size_t n = word_length(at);
    for (size_t i = 0; *p->at == '(' && at[n] == ')' && i < ARRAY_LEN(types); i++) {
        if (strlen(types[i].name) != n || memcmp(types[i].name, at, n) != 0) continue;
        p->at = at + n + 1;
        *row = i;
        return true;
    }
    return false;
}

static struct value cast(struct parser *p, size_t row) {
    struct value v = parse(p, UNARY);
    v.size = types[row].size;
    v.is_signed = types[row].is_signed;
    if (v.is_place && !p->failed) load(p, &v);
    else v.number = extend(&v);
    return v;
}

static struct value symbol(struct parser *p) {
    const size_t n = word_length(p->at);
    uint64_t address, size;
    bool is_function;
    if (!n || !symbols_find(p->s, p->at, n, &address, &size, &is_function)) return give_up(p, "no such name");
    p->at += n;
    if (is_function) return number(address);
    return place(p, address, size == 1 || size == 2 || size == 4 ? (unsigned)size : 8, true);
}

static struct value reg(struct parser *p) {
    const size_t n = word_length(++p->at);
    const uint64_t *value = session_register(p->s, p->at, n);
    if (!value) return give_up(p, "no such register");
    p->at += n;
    return number(*value);
}

static struct value literal(struct parser *p) {
    char *end;
    const uint64_t n = strtoull(p->at, &end, 0);
    p->at = end;
    return number(n);
}

static struct value unary(struct parser *p) {
    struct value v;
    size_t row;
    skip(p);
    if (take_cast(p, &row)) return cast(p, row);
    const char c = *p->at;
    if (isdigit((unsigned char)c)) return literal(p);
    if (c == '$') return reg(p);
    if (!c || !strchr("(-~!*&", c)) return symbol(p);
    p->at++;
    if (c == '(') {
        v = parse(p, LOWEST);
        skip(p);
        if (*p->at == ')') p->at++;
        else return give_up(p, "a ) is missing");
        return v;
    }
    v = parse(p, UNARY);
    if (p->failed) return v;
    if (c == '*') return place(p, v.number, 8, false);
    if (c == '&') return v.is_place ? number(v.address) : give_up(p, "this is at no address");
    return number(c == '-' ? -v.number : c == '~' ? ~v.number : !v.number);
}

enum operation { OR_ELSE, AND_ALSO, OR, XOR, AND, EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL, LEFT, RIGHT, PLUS, MINUS, TIMES, BY, MODULO };

/* Longer ones first. */
static const struct {
    const char *sign;
    int level;
    enum operation operation;
} operators[] = {{"||", 1, OR_ELSE}, {"&&", 2, AND_ALSO}, {"==", 6, EQUAL}, {"!=", 6, UNEQUAL}, {"<<", 8, LEFT}, {">>", 8, RIGHT},
                 {"<=", 7, LESS_EQUAL}, {">=", 7, MORE_EQUAL}, {"|", 3, OR}, {"^", 4, XOR}, {"&", 5, AND}, {"<", 7, LESS}, {">", 7, MORE},
                 {"+", 9, PLUS}, {"-", 9, MINUS}, {"*", 10, TIMES}, {"/", 10, BY}, {"%", 10, MODULO}};

static uint64_t apply(struct parser *p, enum operation operation, int64_t a, int64_t b) {
    const uint64_t ua = (uint64_t)a, ub = (uint64_t)b;
    if ((operation == BY || operation == MODULO) && (b == 0 || (b == -1 && a == INT64_MIN))) return give_up(p, "this cannot be divided").number;
    switch (operation) {
    case OR_ELSE: return a || b;
    case AND_ALSO: return a && b;
    case OR: return ua | ub;
    case XOR: return ua ^ ub;
    case AND: return ua & ub;
    case EQUAL: return a == b;
    case UNEQUAL: return a != b;
    case LESS: return a < b;
    case LESS_EQUAL: return a <= b;
    case MORE: return a > b;
    case MORE_EQUAL: return a >= b;
    case LEFT: return ub < 64 ? ua << ub : 0;
    case RIGHT: return ub < 64 ? ua >> ub : 0;
    case PLUS: return ua + ub;
    case MINUS: return ua - ub;
    case TIMES: return ua * ub;
    case BY: return (uint64_t)(a / b);
    case MODULO: return (uint64_t)(a % b);
    }
    return 0;
}

static int operator_at(const char *at) {
    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (strncmp(at, operators[i].sign, strlen(operators[i].sign)) == 0) return (int)i;
    }
    return -1;
}

static struct value parse(struct parser *p, int level) {
    if (++p->depth > DEPTH_MAX) return give_up(p, "this is too deep");
    struct value left = unary(p);
    while (level < UNARY && !p->failed) {
        skip(p);
        const int i = operator_at(p->at);
        if (i < 0 || operators[i].level < level) break;
        p->at += strlen(operators[i].sign);
        const struct value right = parse(p, operators[i].level + 1);
        if (!p->failed) left = number(apply(p, operators[i].operation, (int64_t)left.number, (int64_t)right.number));
    }
    p->depth--;
    return left;
}

bool expression(struct session *s, const char *text, const char **rest, struct value *out) {
    struct parser p = {.s = s, .at = text};
    *out = parse(&p, LOWEST);
    skip(&p);
    if (!p.failed && !rest && *p.at) give_up(&p, "this does not belong here");
    if (rest) *rest = p.at;
    return !p.failed;
}

bool expression_number(struct session *s, const char *text, const char **rest, uint64_t *out) {
    struct value v;
    if (!expression(s, text, rest, &v)) return false;
    *out = v.number;
    return true;
}

static const struct {
    const char *name;
    size_t at;
} registers[] = {
#define REGISTER(name) {#name, offsetof(struct guest_user_regs, name)}
    REGISTER(rax), REGISTER(rbx), REGISTER(rcx), REGISTER(rdx), REGISTER(rsi), REGISTER(rdi), REGISTER(rbp), REGISTER(rsp),
    REGISTER(r8), REGISTER(r9), REGISTER(r10), REGISTER(r11), REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15),
    REGISTER(rip), REGISTER(eflags), REGISTER(fs_base), REGISTER(gs_base), REGISTER(orig_rax),
    {"pc", offsetof(struct guest_user_regs, rip)}, {"sp", offsetof(struct guest_user_regs, rsp)},
#undef REGISTER
};

uint64_t *session_register(struct session *s, const char *name, size_t n) {
    for (size_t i = 0; s->has_registers && i < ARRAY_LEN(registers); i++) {
        if (strlen(registers[i].name) == n && memcmp(registers[i].name, name, n) == 0) {
            return (uint64_t *)((char *)&s->registers.user + registers[i].at);
        }
    }
    return NULL;
}
