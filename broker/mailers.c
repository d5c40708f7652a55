/* A short list without order. */
#include "broker/mailers.h"

#include "common/memory.h"

static void forget(struct mailers *m, size_t i)
{
	m->heard[i] = m->heard[--m->n];
}

void mailers_gone(struct mailers *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->heard[i].id == id) {
			forget(m, i);
			return;
		}
	}
}

static struct mailer_heard *find(struct mailers *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->heard[i].id == id)
			return &m->heard[i];
	}
	return NULL;
}

void mailers_heard(struct mailers *m, uint64_t id, uint64_t wait_ms, uint64_t now_ms)
{
	struct mailer_heard *h = find(m, id);

	if (h == NULL && m->n == MAILERS_MAX)
		return;
	if (h == NULL) {
		h = &m->heard[m->n++];
		*h = (struct mailer_heard){.id = id};
	}
	h->heard_ms = now_ms;
	h->until_ms = now_ms + wait_ms + MAILERS_SILENCE_MS;
}

void mailers_about(struct mailers *m, const struct bus_take *take)
{
	struct mailer_heard *h = find(m, take->mailer);

	if (h == NULL)
		return;
	h->in_hand = take->in_hand;
	h->is_degraded = take->degraded;
	if (!fmt(h->version, sizeof h->version, "%.*s", SLICE_ARGS(take->version)))
		h->version[0] = '\0'; /* cannot be: the bus takes no longer one */
}

uint64_t mailers_known(struct mailers *m, uint64_t now_ms)
{
	for (size_t i = m->n; i-- > 0;) {
		if (now_ms >= m->heard[i].until_ms)
			forget(m, i);
	}
	if (m->n == 0 && now_ms < m->since_ms + MAILERS_SILENCE_MS)
		return 0;
	return m->n + 1;
}
