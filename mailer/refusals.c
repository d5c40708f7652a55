/* The peer is always the broker, whatever it was asked. */
#include "mailer/refusals.h"

#include <inttypes.h>

#include "common/bus_msg.h"
#include "common/daemon.h"
#include "common/log.h"

void refusals_note(struct refusals *r, const char *answer_to, const char *why,
		   const struct bus_reader *reader)
{
	uint64_t times;

	r->skipped += bus_reader_skipped(reader);
	if (why == NULL)
		return;
	r->refused++;
	times = complaints_add(&r->said, S("broker"), daemon_now_ms());
	if (times > 0)
		log_warn("bus_refused", "answer_to=%s times=%" PRIu64 " why=\"%s\"",
			 answer_to, times, why);
}

void refusals_note_letter(struct refusals *r, const struct bus_letter *l, const char *why)
{
	uint64_t times = complaints_add(&r->said_letters, S("broker"), daemon_now_ms());
	char shown[64];

	r->refused++;
	if (times > 0)
		log_warn("letter_refused",
			 "letter=%" PRIu64 " reference=%s times=%" PRIu64 " why=\"%s\"",
			 l->letter, log_quote(shown, sizeof shown, l->reference), times,
			 why);
}
