/* SPDX-License-Identifier: ISC */
/* The flags and facts columns. */
#include "decoder/generate/parse.h"

#include <string.h>

static uint16_t flag_bit(const struct parsed_row *out, char letter) {
    switch (letter) {
    case 'C':
        return 0x1;
    case 'P':
        return 0x4;
    case 'A':
        return 0x10;
    case 'Z':
        return 0x40;
    case 'S':
        return 0x80;
    case 'D':
        return 0x400;
    case 'O':
        return 0x800;
    default:
        parse_fail(out->source, "unknown flag", out->source->flags);
    }
}

void parse_flags(struct parsed_row *out) {
    struct form_info *info = &out->info;
    uint16_t read = 0, written = 0, undefined = 0, maybe = 0, *mask = NULL;
    for (const char *c = out->source->flags; *c; c++) {
        if (*c == ' ')
            mask = NULL;
        else if (mask)
            *mask |= flag_bit(out, *c);
        else if (*c == 'r')
            mask = &read;
        else if (*c == 'w')
            mask = &written;
        else if (*c == 'u')
            mask = &undefined;
        else if (*c == 'm')
            mask = &maybe;
        else
            parse_fail(out->source, "bad flags", c);
    }
    info->flags_read = read;
    info->flags_undefined = undefined;
    info->flags_maybe = maybe;
    info->flags_written = written | maybe;
}

enum fact_kind { FACT_SIZE, FACT_CONTROL, FACT_FAULT, FACT_LOCK, FACT_REP };

static const struct fact {
    const char *word;
    uint8_t kind;
    uint16_t value;
} facts[] = {
    {"o8", FACT_SIZE, SIZE_RULE_8},
    {"y", FACT_SIZE, SIZE_RULE_Y},
    {"d64", FACT_SIZE, SIZE_RULE_D64},
    {"f64", FACT_SIZE, SIZE_RULE_F64},
    {"branch", FACT_CONTROL, CONTROL_BRANCH},
    {"jump", FACT_CONTROL, CONTROL_JUMP},
    {"jump_ind", FACT_CONTROL, CONTROL_JUMP_IND},
    {"call", FACT_CONTROL, CONTROL_CALL},
    {"call_ind", FACT_CONTROL, CONTROL_CALL_IND},
    {"return", FACT_CONTROL, CONTROL_RETURN},
    {"stop", FACT_CONTROL, CONTROL_STOP},
    {"stack", FACT_FAULT, FAULT_STACK},
    {"align", FACT_FAULT, FAULT_ALIGN},
    {"DE", FACT_FAULT, FAULT_DE},
    {"XM", FACT_FAULT, FAULT_XM},
    {"MF", FACT_FAULT, FAULT_MF},
    {"GP", FACT_FAULT, FAULT_GP},
    {"UD", FACT_FAULT, FAULT_UD},
    {"BP", FACT_FAULT, FAULT_BP},
    {"DB", FACT_FAULT, FAULT_DB},
    {"lock", FACT_LOCK, 0},
    {"rep", FACT_REP, 0},
};

static void apply_fact(struct parsed_row *out, const struct fact *fact) {
    switch (fact->kind) {
    case FACT_SIZE:
        out->row.size_rule = (uint8_t)fact->value;
        break;
    case FACT_CONTROL:
        out->info.control = (uint8_t)fact->value;
        break;
    case FACT_FAULT:
        out->info.faults |= fact->value;
        break;
    case FACT_LOCK:
        out->row.traits |= ROW_LOCK, out->info.lock_ok = true;
        break;
    case FACT_REP:
        out->row.traits |= ROW_REP, out->info.rep_ok = true;
        break;
    default:
        break;
    }
}

void parse_facts(struct parsed_row *out) {
    const char *text = out->source->facts;
    char token[32];
    if (out->row.space >= SPACE_VEX_0F || (out->row.accepts & ACCEPT_PREFIX) == ACCEPT_66)
        out->row.size_rule = SIZE_RULE_Y;
    while (parse_token(&text, token, sizeof token)) {
        const struct fact *found = NULL;
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
            if (!strcmp(facts[i].word, token)) found = &facts[i];
        }
        if (!found) parse_fail(out->source, "unknown fact", token);
        apply_fact(out, found);
    }
}
