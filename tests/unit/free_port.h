/* free_port.h - a port of the loopback interface that nobody listens on, and a socket that does.  Included once by
 * a test program. */
#ifndef TESTS_UNIT_FREE_PORT_H
#define TESTS_UNIT_FREE_PORT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A bound socket and its port. */
static inline int free_port_bind(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* A socket that listens, and its port. */
static inline int free_port_listen(uint16_t *port)
{
	int fd = free_port_bind(port);

	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static inline uint16_t free_port(void)
{
	uint16_t port;

	close(free_port_bind(&port));
	return port;
}

#endif
