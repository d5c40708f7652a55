/* host_port.h - "127.0.0.1:80" and "[::1]:80" as people write them. */
#ifndef COMMON_HOST_PORT_H
#define COMMON_HOST_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/attr.h"

struct host_port {
	char host[256];  /* without brackets, never empty */
	char port[8];    /* a number of 0 to 65535, and */
	uint64_t number; /* the same */
};

/* False: it is not of that form. */
bool host_port_split(const char *text, struct host_port *out) ATTR_USE_RESULT;
/* Writes what the socket is bound to, in numbers and in the same form; empty when that is unknown. */
void host_port_of_socket(int fd, char *out, size_t cap);

#endif
