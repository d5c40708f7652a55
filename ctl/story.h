/* story.h - what happened to a login, in sentences. */
#ifndef CTL_STORY_H
#define CTL_STORY_H

#include <stddef.h>
#include <stdio.h>

#include "common/bus_msg.h"

/* A line for each thing that happened, after a head that says whose login it is. */
void story_print(const struct bus_story *rows, size_t n, FILE *out);

#endif
