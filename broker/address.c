/* One pass over the bytes; what is not expressly allowed is refused. */
#include "broker/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "broker/idna.h"
#include "common/memory.h"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 }; /* RFC 5321 4.5.3.1.1, RFC 1035 2.3.4 */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 5322 3.2.3: atext and single dots between. */
static bool is_local(struct slice s)
{
	if (s.len == 0 || s.len > LOCAL_MAX || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '.' && s.ptr[i + 1] == '.')
			return false;
		if (s.ptr[i] == '\0' ||
		    (!is_alnum(s.ptr[i]) &&
		     strchr(".!#$%&'*+-/=?^_`{|}~", s.ptr[i]) == NULL))
			return false;
	}
	return true;
}

static bool is_label(struct slice s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-')
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.ptr[i]) && s.ptr[i] != '-')
			return false;
	}
	return true;
}

static bool is_domain(struct slice s)
{
	struct slice label;
	size_t labels = 0;
	bool more = true;

	while (more) {
		more = slice_cut(s, '.', &label, &s);
		if (!is_label(label))
			return false;
		labels++;
	}
	/* The last label of a name begins with no digit: what is all digits would be an IP address. */
	return labels >= 2 && !(label.ptr[0] >= '0' && label.ptr[0] <= '9');
}

static bool is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

enum status address_normalize(struct slice address, char out[ADDRESS_SIZE])
{
	char ascii[IDNA_SIZE];
	struct slice local, domain;

	out[0] = '\0';
	if (address.len > ADDRESS_TYPED_MAX ||
	    !slice_cut(address, '@', &local, &domain) || !is_local(local))
		return ST_RANGE;
	if (!is_ascii(domain)) {
		if (idna_to_ascii(domain, ascii) != ST_OK)
			return ST_RANGE;
		domain = slice_of(ascii);
	}
	if (!is_domain(domain) ||
	    !fmt(out, ADDRESS_SIZE, "%.*s@%.*s", SLICE_ARGS(local), SLICE_ARGS(domain))) {
		out[0] = '\0';
		return ST_RANGE;
	}
	for (char *c = out + local.len; *c != '\0'; c++)
		*c = ascii_lower(*c);
	return ST_OK;
}

void address_for_letter(struct slice typed, const char *normal, char out[ADDRESS_SIZE])
{
	if (!is_ascii(typed) || !fmt(out, ADDRESS_SIZE, "%.*s", SLICE_ARGS(typed)))
		memcpy(out, normal, strlen(normal) + 1);
}

void address_for_budget(const char *normal, char out[ADDRESS_SIZE])
{
	const char *at = strchr(normal, '@');
	size_t local = strcspn(normal, "+@");
	size_t n = 0;

	if (local == 0) /* "+tag@..." has no name in front of its tag */
		local = (size_t)(at - normal);
	for (size_t i = 0; i < local; i++)
		out[n++] = ascii_lower(normal[i]);
	memcpy(out + n, at, strlen(at) + 1);
}

/* The first `v4` or `v6` bits as text, with the number of bits unless it is a whole IPv4 address. */
static void network(struct slice ip, unsigned v4, unsigned v6, char out[NETWORK_SIZE])
{
	static const unsigned char v4_mapped[12] = {0, 0, 0, 0, 0,    0,
						    0, 0, 0, 0, 0xff, 0xff};
	char text[INET6_ADDRSTRLEN], net[INET6_ADDRSTRLEN] = "unknown";
	unsigned char bytes[16] = {0};
	bool is_v4, is_v6 = false;

	if (!fmt(out, NETWORK_SIZE, "unknown") ||
	    !fmt(text, sizeof text, "%.*s", SLICE_ARGS(ip)))
		return;
	is_v4 = inet_pton(AF_INET, text, bytes) == 1;
	if (!is_v4)
		is_v6 = inet_pton(AF_INET6, text, bytes) == 1;
	if (is_v6 && memcmp(bytes, v4_mapped, sizeof v4_mapped) == 0) {
		memmove(bytes, bytes + 12, 4);
		is_v4 = true;
	}
	if (is_v4) {
		memset(bytes + v4 / 8, 0, 4 - v4 / 8);
		inet_ntop(AF_INET, bytes, net, sizeof net);
	} else if (is_v6) {
		memset(bytes + v6 / 8, 0, 16 - v6 / 8);
		inet_ntop(AF_INET6, bytes, net, sizeof net);
	} else {
		return;
	}
	if (!fmt(out, NETWORK_SIZE, is_v4 && v4 == 32 ? "%s" : "%s/%u", net,
		 is_v4 ? v4 : v6))
		out[0] = '\0'; /* cannot be: both are short */
}

void address_network(struct slice ip, char out[NETWORK_SIZE])
{
	network(ip, 32, 64, out);
}

void address_truncate(struct slice ip, char out[NETWORK_SIZE])
{
	network(ip, 24, 48, out);
}
