/* env.h: the environment that the launcher hands to the shim. Nothing else is read from a user's environment
 * by the shim. */
#ifndef LEAKGRAPH_ENV_H
#define LEAKGRAPH_ENV_H

/* Path by which a new image opens the shared segment: /proc/<recorder>/fd/<n>. */
#define LG_ENV_SEGMENT "LEAKGRAPH_SEGMENT"

#endif
