/* slack.h: room that a std::vector or a std::string has taken and does not use: what is there was there before, and owns
 * nothing.
 *
 * Only of what debug information says is such a container, and of a buffer whose start nothing else knows: a word that is left
 * of a container may look like one. */
#ifndef LG_MODELS_SLACK_H
#define LG_MODELS_SLACK_H

#include "models/model.h"

struct slack;
struct slack *slack_new(const struct model_world *w); /* NULL: no memory */
void slack_free(struct slack *s); /* NULL is fine */
/* Whether the word at an address in a block lies in such room. */
bool slack_has(struct slack *s, uint32_t block, uint64_t at);

#endif
