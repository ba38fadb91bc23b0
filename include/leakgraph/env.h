/* env.h: the environment variables of a run. The shim reads the first only, which the launcher hands to it: nothing
 * else is read from a user's environment by the shim. */
#ifndef LEAKGRAPH_ENV_H
#define LEAKGRAPH_ENV_H

/* Path by which a new image opens the shared segment, and how many seccomp filters the recorder itself is under:
 * /proc/<recorder>/fd/<n>:<filters>. */
#define LG_ENV_SEGMENT "LEAKGRAPH_SEGMENT"
#define LG_SEGMENT_PATH "/proc/%d/fd/%d" /* for printf; the name of the recorder's socket, too: see lend.h */

/* For the recorder, not the shim: N, to have every Nth stack of each thread checked by libunwind. */
#define LG_ENV_VERIFY "LEAKGRAPH_VERIFY_UNWIND"

#endif
