/* Cut at the @ and at the dots; every piece is made of the few characters it may have. */
#include "mailer/address.h"

#include <string.h>

enum {
	/* RFC 5321 4.5.3.1; a path of 256 has two angle brackets */
	LOCAL_PART_MAX = 64,
	ADDRESS_MAX = 254,
	LABEL_MAX = 63, /* RFC 1035 2.3.4 */
};

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* atext of RFC 5322 3.2.3 */
static bool is_atext(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_local_atom(struct slice atom)
{
	for (size_t i = 0; i < atom.len; i++) {
		if (!is_atext(atom.ptr[i]))
			return false;
	}
	return atom.len >= 1 && atom.len <= LOCAL_PART_MAX;
}

static bool is_host_label(struct slice label)
{
	if (label.len < 1 || label.len > LABEL_MAX)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
			return false;
	}
	return label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

static bool are_parts(struct slice s, bool (*is_part)(struct slice))
{
	struct slice part;
	bool more;

	do {
		more = slice_cut(s, '.', &part, &s);
		if (!is_part(part))
			return false;
	} while (more);
	return true;
}

bool address_is_valid(struct slice address)
{
	struct slice local, domain;

	return address.len <= ADDRESS_MAX && slice_cut(address, '@', &local, &domain) &&
	       local.len <= LOCAL_PART_MAX && are_parts(local, is_local_atom) &&
	       are_parts(domain, is_host_label);
}
