/* What the kernel says of its clock. */
#ifndef KEYTURN_CCLOCK_H
#define KEYTURN_CCLOCK_H

#include <sys/timex.h>

/* 1: something keeps it synchronized; 0: nothing does; -1: the kernel does not say. Changes nothing. */
static inline int kt_clock_is_synchronized(void) {
    struct timex times = {0};
    if (adjtimex(&times) < 0) return -1;
    return (times.status & STA_UNSYNC) == 0;
}

#endif
