/* One pass over the bytes; what is not expressly allowed is refused. */
#include "broker/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/memory.h"

enum { LOCAL_MAX = 64, LABEL_MAX = 63 }; /* RFC 5321 4.5.3.1.1, RFC 1035 2.3.4 */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
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
	/* The last label of a name is never all digits: that would be an IP address. */
	return labels >= 2 && !(label.ptr[0] >= '0' && label.ptr[0] <= '9');
}

enum status address_normalize(struct slice address, char out[ADDRESS_SIZE])
{
	struct slice local, domain;

	out[0] = '\0';
	if (address.len > ADDRESS_MAX || !slice_cut(address, '@', &local, &domain) ||
	    !is_local(local) || !is_domain(domain))
		return ST_RANGE;
	memcpy(out, address.ptr, address.len);
	out[address.len] = '\0';
	for (size_t i = local.len + 1; i < address.len; i++)
		out[i] = lower(out[i]);
	return ST_OK;
}

void address_for_budget(const char *normal, char out[ADDRESS_SIZE])
{
	const char *at = strchr(normal, '@');
	size_t local = strcspn(normal, "+@");
	size_t n = 0;

	if (local == 0) /* "+tag@..." has no name in front of its tag */
		local = (size_t)(at - normal);
	for (size_t i = 0; i < local; i++)
		out[n++] = lower(normal[i]);
	memcpy(out + n, at, strlen(at) + 1);
}

void address_network(struct slice ip, char out[NETWORK_SIZE])
{
	static const unsigned char v4_mapped[12] = {0, 0, 0, 0, 0,    0,
						    0, 0, 0, 0, 0xff, 0xff};
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (!fmt(out, NETWORK_SIZE, "unknown") ||
	    !fmt(text, sizeof text, "%.*s", SLICE_ARGS(ip)))
		return;
	if (inet_pton(AF_INET, text, bytes) == 1) {
		inet_ntop(AF_INET, bytes, out, NETWORK_SIZE);
	} else if (inet_pton(AF_INET6, text, bytes) == 1) {
		if (memcmp(bytes, v4_mapped, sizeof v4_mapped) == 0) {
			inet_ntop(AF_INET, bytes + 12, out, NETWORK_SIZE);
			return;
		}
		memset(bytes + 8, 0, 8);
		inet_ntop(AF_INET6, bytes, out, NETWORK_SIZE - 4);
		memcpy(out + strlen(out), "/64", 4);
	}
}
