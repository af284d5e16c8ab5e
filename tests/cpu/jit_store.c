/* SPDX-License-Identifier: ISC */
/* The store of translations: found by the page's bytes, bounded, and taken from a file only when every bit of it is right. */
#include "cpu/jit/store.h"

#include "base/error.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct jit_store_maker me = {{1, 2, 3, 4}}, other = {{1, 2, 3, 5}};

struct text {
    struct jit_image head;
    char text[24];
};

static struct text make(uint32_t offset, const char *words) {
    struct text t = {{sizeof t, offset}, ""};
    strncpy(t.text, words, sizeof t.text - 1);
    return t;
}

/* A page of one byte. */
static struct page_key key_of(struct jit_store *store, unsigned kind, uint8_t byte) {
    uint8_t page[GUEST_PAGE_SIZE];
    memset(page, byte, sizeof page);
    return jit_store_key(store, kind, page);
}

static void add(struct jit_store *store, unsigned kind, uint8_t byte, uint32_t offset, const char *words) {
    const struct page_key key = key_of(store, kind, byte);
    const struct text t = make(offset, words);
    jit_store_add(store, &key, &t.head);
}

static bool copy(void *arg, const struct jit_image *image) {
    strcpy(arg, ((const struct text *)(const void *)image)->text);
    return true;
}

static const char *find(struct jit_store *store, unsigned kind, uint8_t byte, uint32_t offset) {
    static char found[24];
    const struct page_key key = key_of(store, kind, byte);
    return jit_store_find(store, &key, offset, copy, found) ? found : "";
}

Test(jit_store, finds_by_bytes_place_and_kind) {
    struct jit_store *store = jit_store_new(1 << 20);
    add(store, 0, 7, 16, "a");
    add(store, 0, 7, 32, "b");
    add(store, 1, 7, 16, "c");
    add(store, 0, 8, 16, "d");
    add(store, 0, 8, 16, "second");
    cr_assert_str_eq(find(store, 0, 7, 16), "a");
    cr_assert_str_eq(find(store, 0, 7, 32), "b");
    cr_assert_str_eq(find(store, 1, 7, 16), "c");
    cr_assert_str_eq(find(store, 0, 8, 16), "d");
    cr_assert_str_eq(find(store, 0, 7, 48), "");
    cr_assert_str_eq(find(store, 0, 9, 16), "");
    jit_store_free(store);
}

Test(jit_store, stays_within_its_limit) {
    struct jit_store *store = jit_store_new(64 * sizeof(struct text));
    for (unsigned i = 0; i < 1000; i++) add(store, 0, (uint8_t)(i / 5), i, "x");
    unsigned n = 0;
    for (unsigned i = 0; i < 1000; i++) n += *find(store, 0, (uint8_t)(i / 5), i) != '\0';
    cr_assert(n > 0 && n <= 64, "%u are left", n);
    cr_assert_str_eq(find(store, 0, 999 / 5, 999), "x");
    jit_store_free(store);
}

static uint8_t *save_some(size_t *n) {
    struct jit_store *store = jit_store_new(1 << 20);
    for (unsigned i = 0; i < 20; i++) add(store, i % 2, (uint8_t)(i / 3), i * 8, "kept");
    cr_assert(jit_store_has_news(store));
    uint8_t *bytes = jit_store_save(store, &me, n);
    jit_store_free(store);
    return bytes;
}

Test(jit_store, comes_back_from_a_file) {
    size_t n;
    uint8_t *bytes = save_some(&n);
    struct jit_store *store = jit_store_new(1 << 20);
    cr_assert_eq(jit_store_load(store, bytes, n, &me), 0);
    for (unsigned i = 0; i < 20; i++) cr_assert_str_eq(find(store, i % 2, (uint8_t)(i / 3), i * 8), "kept");
    cr_assert_not(jit_store_has_news(store));
    add(store, 0, 77, 8, "new");
    cr_assert_str_eq(find(store, 0, 77, 8), "new");
    cr_assert(jit_store_has_news(store));
    jit_store_free(store);
    free(bytes);
}

/* Of the 20 images; each is right or not there. */
static unsigned count_kept(struct jit_store *store) {
    unsigned n = 0;
    for (unsigned i = 0; i < 20; i++) {
        const char *found = find(store, i % 2, (uint8_t)(i / 3), i * 8);
        cr_assert(!*found || strcmp(found, "kept") == 0);
        n += *found != '\0';
    }
    return n;
}

/* A flipped bit costs the file or one image, which is known then and not written again. */
static bool try_damaged(const uint8_t *bytes, size_t n, size_t at) {
    struct jit_store *store = jit_store_new(1 << 20);
    const bool is_loaded = jit_store_load(store, bytes, n, &me) == 0;
    cr_assert_eq(count_kept(store), is_loaded ? 19 : 0, "byte %zu", at);
    if (is_loaded) {
        cr_assert(jit_store_has_news(store));
        size_t n_next;
        uint8_t *next = jit_store_save(store, &me, &n_next);
        struct jit_store *again = jit_store_new(1 << 20);
        cr_assert_eq(jit_store_load(again, next, n_next, &me), 0);
        cr_assert_eq(count_kept(again), 19);
        cr_assert_not(jit_store_has_news(again));
        jit_store_free(again);
        free(next);
    }
    jit_store_free(store);
    return is_loaded;
}

Test(jit_store, uses_nothing_that_is_damaged) {
    size_t n, n_loaded = 0;
    uint8_t *bytes = save_some(&n);
    for (size_t at = 0; at < n; at++) {
        bytes[at] ^= (uint8_t)(1 << at % 8);
        n_loaded += try_damaged(bytes, n, at);
        bytes[at] ^= (uint8_t)(1 << at % 8);
    }
    cr_assert_eq(n_loaded, 20 * sizeof(struct text)); /* flips in images */
    free(bytes);
}

Test(jit_store, makes_damaged_images_anew) {
    size_t n;
    uint8_t *bytes = save_some(&n);
    memset(bytes + n - 20 * sizeof(struct text), 0, 20 * sizeof(struct text)); /* as if it had been cut off */
    struct jit_store *store = jit_store_new(1 << 20);
    cr_assert_eq(jit_store_load(store, bytes, n, &me), 0);
    cr_assert_eq(count_kept(store), 0);
    for (unsigned i = 0; i < 20; i++) add(store, i % 2, (uint8_t)(i / 3), i * 8, "kept");
    cr_assert_eq(count_kept(store), 20);
    uint8_t *next = jit_store_save(store, &me, &n);
    jit_store_free(store);
    store = jit_store_new(1 << 20);
    cr_assert_eq(jit_store_load(store, next, n, &me), 0);
    cr_assert_eq(count_kept(store), 20);
    jit_store_free(store);
    free(next);
    free(bytes);
}

Test(jit_store, refuses_other_sizes_and_makers) {
    size_t n;
    uint8_t *bytes = save_some(&n);
    struct jit_store *store = jit_store_new(1 << 20);
    for (size_t size = 0; size < n; size++) cr_assert_eq(jit_store_load(store, bytes, size, &me), -EINVAL, "%zu bytes", size);
    cr_assert_eq(jit_store_load(store, bytes, n, &other), -EINVAL);
    cr_assert_eq(jit_store_load(store, bytes, n, &me), 0);
    cr_assert_eq(jit_store_load(store, bytes, n, &me), -EINVAL); /* once only */
    jit_store_free(store);
    free(bytes);
}

/* Loaded and saved again, with one page used each time. */
Test(jit_store, forgets_what_is_not_used_in_many_runs) {
    size_t n;
    uint8_t *bytes = save_some(&n);
    for (unsigned run = 0; run < 20; run++) {
        struct jit_store *store = jit_store_new(1 << 20);
        cr_assert_eq(jit_store_load(store, bytes, n, &me), 0);
        cr_assert_str_eq(find(store, 0, 0, 0), "kept");
        uint8_t *next = jit_store_save(store, &me, &n);
        jit_store_free(store);
        free(bytes);
        bytes = next;
    }
    struct jit_store *store = jit_store_new(1 << 20);
    cr_assert_eq(jit_store_load(store, bytes, n, &me), 0);
    cr_assert_str_eq(find(store, 0, 0, 0), "kept");
    cr_assert_str_eq(find(store, 1, 0, 8), "");
    jit_store_free(store);
    free(bytes);
}
