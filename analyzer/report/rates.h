/* rates.h: how fast what holders retain grows. */
#ifndef LG_REPORT_RATES_H
#define LG_REPORT_RATES_H

#include "report/holders.h"

/* Fills in `bytes_per_second` of the heaviest, from the trace's first moment to that of the analysis: what lives of the
 * blocks of each one's main place. With one moment nothing is known. 0, or -1 with err. */
int rates_find(struct holders *h, const struct analysis *a, struct err *err);

#endif
