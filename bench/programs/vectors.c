/* SPDX-License-Identifier: ISC */
/* AVX2 and FMA kernels over arrays that fit the first cache: vectors ROUNDS. Multiply-add of floats, sums of absolute
 * differences, a byte shuffle, and a dot product of 16-bit numbers. */
#include <immintrin.h>
#include <string.h>
#include "guest.h"

#define AVX __attribute__((target("avx2,fma")))
enum { BYTES = 8192 };

static AVX void multiply_add(float *y, const float *x, float a) {
    const __m256 factor = _mm256_set1_ps(a);
    for (int i = 0; i < BYTES / 4; i += 8) {
        _mm256_store_ps(y + i, _mm256_fmadd_ps(factor, _mm256_load_ps(x + i), _mm256_load_ps(y + i)));
    }
}

static AVX __m256i differences(const uint8_t *a, const uint8_t *b) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < BYTES; i += 32) {
        const __m256i x = _mm256_load_si256((const __m256i *)(a + i)), y = _mm256_load_si256((const __m256i *)(b + i));
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(x, y));
    }
    return sum;
}

static AVX void reverse_lanes(uint8_t *a) {
    const __m256i order = _mm256_setr_epi8(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9,
                                           8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (int i = 0; i < BYTES; i += 32) {
        const __m256i x = _mm256_shuffle_epi8(_mm256_load_si256((const __m256i *)(a + i)), order);
        _mm256_store_si256((__m256i *)(a + i), _mm256_permute4x64_epi64(x, 0x4e));
    }
}

static AVX __m256i dot(const uint8_t *a, const uint8_t *b) {
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < BYTES; i += 32) {
        const __m256i x = _mm256_load_si256((const __m256i *)(a + i)), y = _mm256_load_si256((const __m256i *)(b + i));
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_slli_epi16(y, 1)));
    }
    return sum;
}

AVX int main(int argc, char **argv) {
    const long rounds = number(argc, argv, 1, 1000);
    static _Alignas(32) uint8_t a[BYTES], b[BYTES];
    static _Alignas(32) float x[BYTES / 4], y[BYTES / 4];
    uint64_t seed = 13, hash = 0;
    for (int i = 0; i < BYTES; i++) a[i] = next_random(&seed), b[i] = next_random(&seed);
    for (int i = 0; i < BYTES / 4; i++) x[i] = (float)i / BYTES;
    __m256i sum = _mm256_setzero_si256();
    for (long r = 0; r < rounds; r++) {
        multiply_add(y, x, r & 1 ? 0.5f : -0.25f);
        sum = _mm256_add_epi64(sum, differences(a, b));
        reverse_lanes(a);
        sum = _mm256_xor_si256(sum, dot(a, b));
    }
    uint64_t lanes[4];
    memcpy(lanes, &sum, sizeof lanes);
    for (int i = 0; i < 4; i++) hash = mix(hash, lanes[i]);
    for (int i = 0; i < BYTES / 4; i++) hash = mix_double(hash, y[i]);
    print_hash(hash);
    return 0;
}
