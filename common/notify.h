/* notify.h - what systemd is told of a service (sd_notify(3)), without its library.
 *
 * Nothing happens where there is no $NOTIFY_SOCKET. */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

/* The variables are systemd's: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID; NULL: not set. */
struct notify {
	const char *socket;
	uint64_t
		watchdog_ms; /* how often it wants to hear of us at most; 0: it does not */
};

/* pid: our own, which the watchdog is for or not. */
void notify_init(struct notify *n, const char *(*env)(const char *name), long pid);
/* The service does its work (again); status: one line for `systemctl status`. */
void notify_ready(const struct notify *n, const char *status);
void notify_status(const struct notify *n, const char *status);
void notify_reloading(const struct notify *n, uint64_t monotonic_us);
void notify_stopping(const struct notify *n);
void notify_watchdog(const struct notify *n);

#endif
