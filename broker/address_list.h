/* address_list.h - which addresses may have a login code: patterns that deny, patterns that allow.
 *
 * In a pattern * stands for any characters, ? for one; case does not count.  A denied address is denied, whatever
 * allows it; if anything is allowed, all else is denied. */
#ifndef BROKER_ADDRESS_LIST_H
#define BROKER_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct address_list {
	const char *const *deny, *const *allow; /* borrowed */
	size_t n_deny, n_allow;
};

/* address: in its form for comparison (address.h). */
bool address_list_denies(const struct address_list *list, const char *address);
/* Does text fit the pattern?  Takes at most time in proportion to the product of their lengths. */
bool address_list_fits(const char *pattern, const char *text);
/* NULL, or why no address can fit the pattern, as a constant text. */
const char *address_pattern_why_not(const char *pattern);

#endif
