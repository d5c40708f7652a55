/* verb.h - the commands of plumectl: which one the person meant, with what, and what the broker is asked. */
#ifndef CTL_VERB_H
#define CTL_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus_msg.h"
#include "common/config.h"

enum verb {
	VERB_STATUS,
	VERB_WHO,
	VERB_SAY,
	VERB_WHY,
	VERB_KICK,
	VERB_RELEASE,
	VERB_BACKUP,
	VERB_CLIENTS,
	VERB_DRAIN,
	VERB_TAIL,
	VERB_MUTE,
	VERB_UNMUTE,
	VERB_BAN,
	VERB_UNBAN,
	VERB_BANS,
	VERB_HEALTH,
};

enum { VERB_TEXT_MAX = 65536 };

/* What the options said that belongs to some verbs only. */
struct verb_options {
	const char *reason; /* NULL: none */
	uint64_t for_ms;
};

/* Each returns false when a complaint was written to source->err, in the program's name. */

/* The verb at this place of the command line. */
bool verb_read(const struct config_program *program, const struct config_source *source,
	       int at, enum verb *out);
/* Joins the words from this place on with spaces. */
bool verb_read_text(const struct config_program *program,
		    const struct config_source *source, int at, enum verb verb,
		    char text[VERB_TEXT_MAX], size_t *len_out);
/* Fills in what the broker is asked; out->text is there already.  Not of VERB_HEALTH. */
bool verb_read_question(const struct config_program *program,
			const struct config_source *source,
			const struct verb_options *options, enum verb verb,
			struct bus_ask *out);

#endif
