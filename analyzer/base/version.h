/* version.h: what this build calls itself, in --version, reports and traces. */
#ifndef LG_BASE_VERSION_H
#define LG_BASE_VERSION_H

#define LG_VERSION "0.1.0"

#endif
