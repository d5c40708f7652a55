/* bus_check.h - may this frame be given to msgpack?
 *
 * msgpack-c 4.0.0 allocates what a length on the wire says before it looks whether the bytes
 * are there (five bytes can ask for gigabytes), and recurses.  This walker reads the raw bytes once, allocates
 * nothing, and refuses what no peer of ours sends (SECURITY B4): a frame over max bytes, deeper than 4
 * levels, an array of more than 1,024, a string over 64 KiB, maps, binary, floating point, negative
 * numbers and extension types, a length that claims more than the bytes left, bytes after the end. */
#ifndef COMMON_BUS_CHECK_H
#define COMMON_BUS_CHECK_H

#include "common/attr.h"
#include "common/slice.h"
#include "common/status.h"

enum { BUS_CHECK_DEPTH = 4, BUS_CHECK_ARRAY = 1024, BUS_CHECK_STRING = 65536 };

enum status bus_check(struct slice frame, size_t max) ATTR_USE_RESULT;

#endif
