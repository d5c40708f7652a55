/* The choice of a transport; the rest of the interface passes on. */
#include "mailer/transport.h"

#include <stddef.h>

void transport_start(struct transport *t, const struct letter *letter,
		     uint64_t timeout_ms, transport_done_fn *on_done, void *ctx)
{
	t->class->start(t, letter, timeout_ms, on_done, ctx);
}

void transport_free(struct transport **t)
{
	if (t == NULL || *t == NULL)
		return;
	(*t)->class->free(*t);
	*t = NULL;
}

enum status transport_new(uv_loop_t *loop, const struct transport_settings *settings,
			  struct transport **out)
{
	*out = NULL;
	switch (settings->spec.kind) {
	case TRANSPORT_MAILDIR:
		return transport_maildir_new(loop, settings->spec.where, out);
	case TRANSPORT_SMTP:
	case TRANSPORT_SMTPS:
		*out = transport_smtp_new(loop, settings);
		return ST_OK;
	case TRANSPORT_MAILGUN:
		*out = transport_mailgun_new(loop, settings);
		return ST_OK;
	}
	return ST_UNKNOWN;
}
