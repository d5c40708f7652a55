/* What operators write, and what is kept of where people are: moments, heads of the chain, networks,
 * patterns.
 *
 * A moment lies between 1970 and the year 10000, and a date is read as the same moment with its zeros
 * written out; a head is written back as it was read; a network is /24, /48 or nothing, however often it
 * is widened; a pattern fits what the plainest reading of it fits. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/address_list.h"
#include "common/memory.h"
#include "tests/fuzz/fuzz.h"

/* mailer/; the folders do not know each other. */
#include "mailer/audit.h"
#include "mailer/moment.h"
#include "mailer/network.h"

#define NOW UINT64_C(1769860980123)
#define YEAR_10000 UINT64_C(253402300800000)

enum { LONGEST = 24 }; /* of pattern and text: the plainest reading takes its time */

static void check_moment(struct slice text)
{
	uint64_t at = 1, again;
	char *midnight;

	if (moment_parse(text, NOW, &at) != ST_OK)
		return;
	assert(at < YEAR_10000);
	if (text.len != strlen("2026-01-31") || text.ptr[4] != '-')
		return;
	midnight = xasprintf("%.*sT00:00:00Z", SLICE_ARGS(text));
	assert(moment_parse(slice_of(midnight), NOW, &again) == ST_OK && again == at);
	free(midnight);
}

static void check_head(struct slice text)
{
	char back[2 * SECRET_HASH_SIZE + 32];
	struct audit_head head, again;
	size_t len;

	if (audit_head_parse(text, &head) != ST_OK)
		return;
	len = (size_t)snprintf(back, sizeof back, "%" PRId64 ":", head.id);
	for (size_t i = 0; i < SECRET_HASH_SIZE; i++)
		len += (size_t)snprintf(back + len, sizeof back - len, "%02x",
					head.link.bytes[i]);
	assert(head.id >= 0);
	assert(audit_head_parse(slice_of(back), &again) == ST_OK);
	assert(again.id == head.id && secret_hash_equal(&again.link, &head.link));
}

static void check_network(struct slice text)
{
	char wide[NETWORK_CAP], wider[NETWORK_CAP];
	size_t len;

	network_widen(text, wide);
	len = strnlen(wide, sizeof wide);
	assert(len < sizeof wide);
	if (len == 0)
		return;
	assert(strcmp(wide + len - 3, "/24") == 0 || strcmp(wide + len - 3, "/48") == 0);
	network_widen(slice_of(wide), wider);
	assert(strcmp(wide, wider) == 0);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool fits(const char *pattern, const char *text)
{
	if (*pattern == '\0')
		return *text == '\0';
	if (*pattern == '*')
		return fits(pattern + 1, text) ||
		       (*text != '\0' && fits(pattern, text + 1));
	return *text != '\0' && (*pattern == '?' || lower(*pattern) == lower(*text)) &&
	       fits(pattern + 1, text + 1);
}

static size_t stars(const char *pattern)
{
	size_t n = 0;

	for (; *pattern != '\0'; pattern++)
		n += *pattern == '*' ? 1 : 0;
	return n;
}

static void check_pattern(struct slice text)
{
	struct slice first, second;
	char *pattern, *address;
	bool does_fit;

	slice_cut(text, '\n', &first, &second);
	pattern = slice_dup(first);
	address = slice_dup(second);
	does_fit = address_list_fits(pattern, address);
	if (strlen(pattern) <= LONGEST && strlen(address) <= LONGEST &&
	    stars(pattern) <= 4)
		assert(does_fit == fits(pattern, address));
	free(pattern);
	free(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = size > 0 ? fuzz_slice(data, size) : (struct slice){"", 0};

	check_moment(text);
	check_head(text);
	check_network(text);
	check_pattern(text);
	return 0;
}
