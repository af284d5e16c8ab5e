/* SPDX-License-Identifier: ISC */
/* Instructions as text, by Capstone. */
#include "terminal/session.h"

#include <capstone/capstone.h>
#include <stdio.h>

enum { LONGEST = 15 };

bool code_read(struct session *s, uint64_t address, struct code *out) {
    uint8_t bytes[LONGEST];
    csh handle;
    cs_insn *insn;
    const int64_t n = target_read(s->target, s->pid, address, bytes, sizeof bytes);
    if (n <= 0 || cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) return false;
    cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
    const bool ok = cs_disasm(handle, bytes, (size_t)n, address, 1, &insn) == 1;
    if (ok) {
        snprintf(out->text, sizeof out->text, "%s %s", insn->mnemonic, insn->op_str);
        out->size = insn->size;
        out->is_call = cs_insn_group(handle, insn, CS_GRP_CALL);
        out->is_return = cs_insn_group(handle, insn, CS_GRP_RET);
        cs_free(insn, 1);
    }
    cs_close(&handle);
    return ok;
}

unsigned code_print(struct session *s, uint64_t address) {
    struct code code;
    text_printf(&s->out, "%s %#llx", address == session_rip(s) && s->has_registers ? "=>" : "  ", (unsigned long long)address);
    text_printf(&s->out, " ");
    symbols_describe(s, address, &s->out);
    if (!code_read(s, address, &code)) {
        text_printf(&s->out, ": no instruction\n");
        return 0;
    }
    text_printf(&s->out, ": %s\n", code.text);
    return code.size;
}
