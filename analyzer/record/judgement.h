/* judgement.h: what a program asks about itself: how much has it lost by now? A snapshot is judged in a thread of its own,
 * while the recorder goes on. */
#ifndef LG_RECORD_JUDGEMENT_H
#define LG_RECORD_JUDGEMENT_H

#include "record/recorder.h"

/* Begins to judge the latest snapshot, which is in the file, for the image whose question was taken. */
void judgement_begin(struct recorder *r, struct image *i);
void judgement_unknown(struct image *i); /* nobody can tell */
void judgement_poll(struct image *i); /* gives the answer, if there is one now */
void judgement_abandon(struct image *i); /* the image is over */

#endif
