/* version.h - what the programs say of themselves. */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define PLUME_VERSION "0.1.0"

/* The bus version: peers of one major talk; a minor may add kinds and trailing fields. */
#define BUS_MAJOR 1
#define BUS_MINOR 2

#endif
