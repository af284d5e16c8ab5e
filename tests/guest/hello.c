// The smallest program that uses the C library: start-up, one write, exit.
#include <stdio.h>

int main(void) {
    puts("hello: ok");
    return 0;
}
