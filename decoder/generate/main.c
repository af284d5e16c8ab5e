/* SPDX-License-Identifier: ISC */
/* Generator, run by the build: reads forms.def (compiled in) and prints decoder/form_table.inc: the
 * rows, their facts, and the index from opcode to the rows that share it. Refuses rows that accept
 * the same bytes. Plain C11, no arguments. */
#include "decoder/generate/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct source_row sources[] = {
#define FORM(encoding, operands, op, flags, feature, facts)                                        \
    {encoding, operands, #op, flags, #feature, facts},
#include "decoder/forms.def"
#undef FORM
};
enum { N_FORMS = sizeof sources / sizeof sources[0] };

noreturn void parse_fail(const struct source_row *source, const char *why, const char *what) {
    fprintf(stderr, "forms.def: %s | %s | %s: %s: %s\n", source->encoding, source->operands,
            source->op, why, what);
    exit(1);
}

bool parse_token(const char **text, char *token, size_t size) {
    while (**text == ' ') ++*text;
    size_t n = strcspn(*text, " ");
    if (!n) return false;
    if (n >= size) n = size - 1;
    memcpy(token, *text, n);
    token[n] = 0;
    *text += n;
    return true;
}

static void parse_rows(struct parsed_row *rows) {
    for (unsigned i = 0; i < N_FORMS; i++) {
        rows[i].source = &sources[i];
        parse_encoding(&rows[i]);
        parse_operands(&rows[i]);
        parse_flags(&rows[i]);
        parse_facts(&rows[i]);
    }
}

/* True if some bytes are accepted by both. */
static bool rows_overlap(const struct form_row *a, const struct form_row *b) {
    if (a->space != b->space || a->opcode > b->last_opcode || b->opcode > a->last_opcode)
        return false;
    uint32_t both = a->accepts & b->accepts;
    bool vex = a->space >= SPACE_VEX_0F, modrm = a->modrm != MODRM_NONE;
    return (both & ACCEPT_PREFIX) && (both & ACCEPT_W) && (both & ACCEPT_B) &&
           (!vex || (both & ACCEPT_L)) && (!vex || (both & ACCEPT_VVVV)) &&
           (!modrm ||
            ((both & ACCEPT_MOD) && (both & ACCEPT_MODRM_REGS) && (both & ACCEPT_MODRM_RMS)));
}

static void refuse_overlap(const struct parsed_row *rows) {
    for (unsigned i = 0; i < N_FORMS; i++) {
        for (unsigned j = i + 1; j < N_FORMS; j++) {
            if (rows_overlap(&rows[i].row, &rows[j].row))
                parse_fail(rows[i].source, "overlaps", rows[j].source->encoding);
        }
    }
}

static void print_row(const struct parsed_row *parsed) {
    const struct form_row *row = &parsed->row;
    printf("    {0x%08x, OP_%s, %u, 0x%02x, 0x%02x, %u, %u, %u, %u, %u, {", row->accepts,
           parsed->source->op, row->space, row->opcode, row->last_opcode, row->modrm,
           row->size_rule, row->vector_size, row->traits, row->n_operands);
    for (unsigned i = 0; i < INSN_MAX_OPERANDS; i++) {
        printf("{%u, %u, %u}, ", row->operand[i].spec, row->operand[i].access,
               row->operand[i].implicit);
    }
    printf("}},\n");
}

static void print_info(const struct parsed_row *parsed) {
    const struct form_info *info = &parsed->info;
    printf("    {\"%s\", 0x%x, 0x%x, 0x%x, 0x%x, 0x%x, %u, FEATURE_%s, %s, %s},\n",
           parsed->source->encoding, info->flags_read, info->flags_written, info->flags_undefined,
           info->flags_maybe, info->faults, info->control, parsed->source->feature,
           info->lock_ok ? "true" : "false", info->rep_ok ? "true" : "false");
}

/* Prints the candidates of every opcode one after the other and notes where each opcode's begin. */
static void print_candidates(const struct parsed_row *rows, struct opcode_entry (*index)[256]) {
    unsigned n = 0;
    printf("const struct form_candidate form_candidates[] = {\n");
    for (unsigned space = 0; space < SPACE_COUNT; space++) {
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            struct opcode_entry *entry = &index[space][opcode];
            entry->first = (uint16_t)n;
            for (unsigned i = 0; i < N_FORMS; i++) {
                const struct form_row *row = &rows[i].row;
                if (row->space != space || opcode < row->opcode || opcode > row->last_opcode)
                    continue;
                if (entry->count && entry->modrm != row->modrm)
                    parse_fail(rows[i].source, "others of the opcode differ in", "ModRM");
                entry->modrm = row->modrm;
                entry->count++;
                printf("    {0x%08x, %u},\n", row->accepts, i);
                n++;
            }
        }
    }
    printf("};\n");
}

static void print_index(struct opcode_entry (*index)[256]) {
    printf("const struct opcode_entry opcode_index[SPACE_COUNT][256] = {\n");
    for (unsigned space = 0; space < SPACE_COUNT; space++) {
        printf("    {\n");
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            const struct opcode_entry *entry = &index[space][opcode];
            if (entry->count)
                printf("        [0x%02x] = {%u, %u, %u},\n", opcode, entry->first, entry->count,
                       entry->modrm);
        }
        printf("    },\n");
    }
    printf("};\n");
}

int main(void) {
    static struct parsed_row rows[N_FORMS];
    static struct opcode_entry index[SPACE_COUNT][256];
    parse_rows(rows);
    refuse_overlap(rows);
    printf("/* Generated from decoder/forms.def. */\nconst struct form_row form_rows[] = {\n");
    for (unsigned i = 0; i < N_FORMS; i++) print_row(&rows[i]);
    printf("};\nstatic const struct form_info form_infos[] = {\n");
    for (unsigned i = 0; i < N_FORMS; i++) print_info(&rows[i]);
    printf("};\n");
    print_candidates(rows, index);
    print_index(index);
    return fflush(stdout) ? 1 : 0;
}
