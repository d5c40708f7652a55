/* A short list without order. */
#include "broker/mailers.h"

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

void mailers_heard(struct mailers *m, uint64_t id, uint64_t wait_ms, uint64_t now_ms)
{
	mailers_gone(m, id);
	if (m->n == MAILERS_MAX)
		return;
	m->heard[m->n].id = id;
	m->heard[m->n++].until_ms = now_ms + wait_ms + MAILERS_SILENCE_MS;
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
