/* Letters on the disk: sealed, by slot, wiped when nothing will be sent any more. */
#include "mailer/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mailer/errand.h"

#include "world.h"

static const struct bus_letter letter = {
	.letter = UINT64_MAX - 6, /* an id with its highest bit set */
	.reference = {"K7Q-2MX", 7},
	.email = {"canary-ann@a.example", 20},
	.name = {"Canary Ann", 10},
	.code = {"48291357", 8},
	.expires_ms = 600000,
	.lease_ms = 60000,
	.address = {"192.0.2.0/24", 12},
	.gateway = 5,
	.asked_ms = 1000,
	.salt = 99,
};

static struct outbox_row row_of(unsigned slot)
{
	return (struct outbox_row){.slot = slot,
				   .letter = letter.letter,
				   .taken_ms = 1000,
				   .end_ms = 601000,
				   .due_ms = 1000};
}

static void put(struct audit *a, unsigned slot)
{
	struct outbox_row row = row_of(slot);

	audit_begin(a);
	outbox_put(a, &entropy_system, &row, &letter);
	assert_int_equal(audit_commit(a), ST_OK);
}

static void set(struct audit *a, struct outbox_row row)
{
	audit_begin(a);
	outbox_set(a, &row);
	assert_int_equal(audit_commit(a), ST_OK);
}

struct seen {
	int n;
	struct outbox_row row;
	char code[16], detail[64];
	uint64_t salt;
	bool readable;
};

static void see(void *ctx, const struct outbox_row *row, const struct bus_letter *l)
{
	struct seen *s = ctx;

	s->n++;
	s->row = *row;
	s->readable = l != NULL;
	if (!fmt(s->detail, sizeof s->detail, "%s", row->detail))
		abort();
	if (l == NULL)
		return;
	assert_int_equal(l->letter, letter.letter);
	s->salt = l->salt;
	if (!fmt(s->code, sizeof s->code, "%.*s", SLICE_ARGS(l->code)))
		abort();
}

static struct seen look(struct audit *a, unsigned slot)
{
	struct seen s = {0};

	assert_int_equal(outbox_each(a, slot, see, &s), ST_OK);
	return s;
}

static void a_letter_is_there_again_after_a_restart(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	uint64_t name, again, mask;
	struct seen s;

	assert_int_equal(outbox_mailer(a, 2, &entropy_system, &name), ST_OK);
	assert_int_not_equal(name, 0);
	put(a, 2);
	audit_close(&a);
	a = world_open(w);
	assert_int_equal(outbox_mailer(a, 2, &entropy_system, &again), ST_OK);
	assert_int_equal(name, again);
	assert_int_equal(outbox_slots(a, &mask), ST_OK);
	assert_int_equal(mask, 4);
	assert_int_equal(look(a, 1).n, 0);
	s = look(a, 2);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.row.state, OUTBOX_QUEUED);
	assert_int_equal(s.row.letter, letter.letter);
	assert_int_equal(s.row.end_ms, 601000);
	assert_string_equal(s.code, "48291357");
	assert_int_equal(s.salt, 99);
	audit_close(&a);
}

static void what_will_not_be_sent_any_more_is_wiped(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct outbox_row row = row_of(0);
	struct seen s;

	put(a, 0);
	assert_false(outbox_was_sent(a, letter.letter));
	row.state = OUTBOX_DEFERRED;
	row.attempts = 1;
	row.due_ms = 2000;
	row.code = 451;
	row.detail = "come back later";
	set(a, row);
	s = look(a, 0);
	assert_true(s.readable);
	assert_int_equal(s.row.state, OUTBOX_DEFERRED);
	assert_int_equal(s.row.due_ms, 2000);
	row.state = OUTBOX_SENT;
	row.code = 250;
	row.detail = "taken";
	set(a, row);
	s = look(a, 0);
	assert_false(s.readable);
	assert_int_equal(s.row.state, OUTBOX_SENT);
	assert_int_equal(s.row.code, 250);
	assert_string_equal(s.detail, "taken");
	assert_true(outbox_was_sent(a, letter.letter));
	world_expect(w, "SELECT length(sealed) FROM outbox", "0");
	audit_begin(a);
	outbox_drop(a, 0, letter.letter);
	assert_int_equal(audit_commit(a), ST_OK);
	assert_int_equal(look(a, 0).n, 0);
	audit_close(&a);
}

static void a_letter_sealed_by_another_key_is_not_readable(void **state)
{
	const struct world *w = *state;
	struct audit *a = world_open(w);

	put(a, 0);
	a->key.bytes[3] ^= 1;
	assert_false(look(a, 0).readable);
	audit_close(&a);
}

static void c10_no_file_has_code_or_address(void **state)
{
	static const char *const canaries[] = {"48291357", "canary-ann", "Canary Ann"};
	const struct world *w = *state;
	struct audit *a = world_open(w);
	struct audit_entry e = world_entry();
	struct outbox_row row = row_of(0);
	DIR *dir = opendir(w->dir);
	struct dirent *entry;
	int files = 0;

	put(a, 0);
	e.email = letter.email;
	world_add(a, e);
	row.state = OUTBOX_SENDING;
	set(a, row);
	while ((entry = readdir(dir)) != NULL) {
		char path[400], bytes[1 << 17];
		FILE *file;
		size_t len;

		assert_true(fmt(path, sizeof path, "%s/%s", w->dir, entry->d_name));
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file == NULL)
			continue;
		files++;
		len = fread(bytes, 1, sizeof bytes, file);
		assert_true(len < sizeof bytes);
		fclose(file);
		for (size_t c = 0; c < NELEMS(canaries); c++) {
			size_t n = strlen(canaries[c]);

			for (size_t i = 0; i + n <= len; i++)
				assert_memory_not_equal(bytes + i, canaries[c], n);
		}
	}
	closedir(dir);
	assert_true(files >= 6); /* the database, its WAL, the keys */
	audit_close(&a);
}

/* -- what is done with a letter in hand -- */

static struct errand errand(void)
{
	static struct letter paper; /* only its being there counts here */

	return (struct errand){.letter = &paper,
			       .delivery = {.end_ms = 600000},
			       .lease = {60000, 61000},
			       .due_ms = 1000};
}

static enum errand_act next(struct errand e)
{
	struct errand_turn t = {.now_ms = 1000, .timeout_ms = 30000, .may_send = true};

	return errand_next(&e, &t);
}

static void a_letter_is_sent_when_it_is_due_and_ours(void **state)
{
	struct errand e = errand();
	struct errand_turn t = {.now_ms = 1000, .timeout_ms = 30000};

	(void)state;
	assert_int_equal(next(e), ACT_SEND);
	assert_int_equal(errand_next(&e, &t), ACT_NOTHING); /* no thread for it */
	e.due_ms = 1001;
	assert_int_equal(next(e), ACT_NOTHING);
	e = errand();
	e.lease.until_ms = 0;
	assert_int_equal(next(e), ACT_CONFIRM);
	e.asked = true;
	assert_int_equal(next(e), ACT_NOTHING);
	e = errand();
	e.disowned = true;
	assert_int_equal(next(e), ACT_LEAVE);
}

static void m7_a_letter_whose_code_has_ended_is_not_sent(void **state)
{
	struct errand e = errand();

	(void)state;
	e.delivery.end_ms = 1000;
	assert_int_equal(next(e), ACT_EXPIRE);
	e.due_ms = 5000;
	assert_int_equal(next(e), ACT_EXPIRE);
}

static void a_result_is_written_before_anything_else(void **state)
{
	struct errand e = errand();

	(void)state;
	e.attempted = e.disowned = true;
	e.delivery.end_ms = 0;
	assert_int_equal(next(e), ACT_RECORD);
	e.sending = true;
	assert_int_equal(next(e), ACT_NOTHING);
}

static void what_is_over_stays_until_the_broker_knows(void **state)
{
	struct errand e = errand();
	struct errand_turn t = {.now_ms = 1000, .draining = true};

	(void)state;
	e.row.state = OUTBOX_SENT;
	e.letter = NULL;
	assert_int_equal(next(e), ACT_NOTHING);
	assert_int_equal(errand_next(&e, &t), ACT_NOTHING);
	e.answered = true;
	assert_int_equal(next(e), ACT_FORGET);
}

static void who_ends_gives_back(void **state)
{
	struct errand e = errand();
	struct errand_turn t = {.now_ms = 1000, .draining = true};

	(void)state;
	assert_int_equal(errand_next(&e, &t), ACT_GIVE_BACK);
	e.letter = NULL;
	assert_int_equal(errand_next(&e, &t), ACT_LEAVE);
	e = errand();
	e.interrupted = true;
	assert_int_equal(errand_next(&e, &t), ACT_RESUME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_letter_is_there_again_after_a_restart),
		WORLD_TEST(what_will_not_be_sent_any_more_is_wiped),
		WORLD_TEST(a_letter_sealed_by_another_key_is_not_readable),
		WORLD_TEST(c10_no_file_has_code_or_address),
		cmocka_unit_test(a_letter_is_sent_when_it_is_due_and_ours),
		cmocka_unit_test(m7_a_letter_whose_code_has_ended_is_not_sent),
		cmocka_unit_test(a_result_is_written_before_anything_else),
		cmocka_unit_test(what_is_over_stays_until_the_broker_knows),
		cmocka_unit_test(who_ends_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
