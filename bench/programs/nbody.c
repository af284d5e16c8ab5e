/* SPDX-License-Identifier: ISC */
/* Gravitation between five bodies: scalar double arithmetic, square roots, divisions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct body {
    double x[3], v[3], mass;
};

int main(int argc, char **argv) {
    const int steps = argc > 1 ? atoi(argv[1]) : 100000;
    struct body bodies[5];
    for (int i = 0; i < 5; i++) {
        bodies[i] = (struct body){{i * 1.5, i * i * 0.25, 1.0 / (i + 1)}, {0.1 * i, -0.2 * i, 0.05}, i ? 0.01 * i : 10};
    }
    for (int s = 0; s < steps; s++) {
        for (int i = 0; i < 5; i++) {
            for (int j = i + 1; j < 5; j++) {
                double d[3], r2 = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = bodies[i].x[k] - bodies[j].x[k];
                    r2 += d[k] * d[k];
                }
                const double f = 0.001 / (r2 * sqrt(r2));
                for (int k = 0; k < 3; k++) {
                    bodies[i].v[k] -= d[k] * bodies[j].mass * f;
                    bodies[j].v[k] += d[k] * bodies[i].mass * f;
                }
            }
        }
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < 3; k++) bodies[i].x[k] += 0.001 * bodies[i].v[k];
        }
    }
    printf("%.9f %.9f\n", bodies[0].x[0], bodies[4].x[2]);
    return 0;
}
