/* fake_bus.h - the bus of a gateway in a fuzz target: a broker in memory, that keeps to the protocol but
 * answers as the input says.
 *
 * Takes the place of common/bus_pubsub.c and common/bus_reqrep.c: what the gateway asks is read as a
 * broker reads it, and has to be good.  One gateway at a time. */
#ifndef TESTS_FUZZ_FAKE_BUS_H
#define TESTS_FUZZ_FAKE_BUS_H

#include <stdbool.h>

#include "tests/fuzz/bytes.h"

enum { FAKE_BUS_EPOCH = 7 };

/* Where the following answers are decided; NULL: the friendliest. */
void fake_bus_decide(struct bytes *how);
/* Answers what was asked, and publishes what came of it; true: there was something. */
bool fake_bus_turn(void);
/* Gives a hostile broker's words in place of the next answer, or as events. */
void fake_bus_answer(struct slice frame);
void fake_bus_publish(struct slice frame);

#endif
