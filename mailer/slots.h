/* slots.h - which mailers of this host share one audit file: each holds a slot, as long as it runs.
 *
 * A slot is a byte of FILE.slots under a lock of its open file, so the kernel gives it back when its
 * process ends, however that comes.  A further byte is the gate: everybody who uses the file holds it
 * shared, and who has it alone may move the file away or rewrite it. */
#ifndef MAILER_SLOTS_H
#define MAILER_SLOTS_H

#include <stdbool.h>

#include "common/attr.h"
#include "common/status.h"

enum { SLOTS_MAX = 64 };

struct slots;

/* Opens path or makes it, with mode 0600.  ST_IO: the system refused. */
enum status slots_open(const char *path, struct slots **out) ATTR_USE_RESULT;
/* Gives back all of them; NULL and *s == NULL are fine. */
void slots_close(struct slots **s);
/* False: somebody else has it. */
bool slots_take(struct slots *s, unsigned slot) ATTR_USE_RESULT;
void slots_release(struct slots *s, unsigned slot);
bool slots_is_ours(const struct slots *s, unsigned slot);
/* Nobody else is through the gate. */
bool slots_gate_alone(struct slots *s) ATTR_USE_RESULT;
/* Waits while somebody has the gate alone.  From alone to shared it never waits. */
enum status slots_gate_share(struct slots *s) ATTR_USE_RESULT;

#endif
