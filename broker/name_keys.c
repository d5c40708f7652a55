/* The only file that knows ICU's spoof checker and normaliser.  (text.c and mentions.c ask it for categories.) */
#include "broker/name_keys.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/utf8.h"

enum { UNITS = 256 }; /* UTF-16 code units; 32 characters fold to fewer, or are refused */

struct name_keyer {
	const UNormalizer2 *fold, *compose; /* ICU's own: not freed */
	USpoofChecker *spoof;
};

enum status name_keyer_new(struct name_keyer **out)
{
	struct name_keyer *k = xcalloc(1, sizeof *k);
	UErrorCode e = U_ZERO_ERROR;

	*out = NULL;
	k->fold = unorm2_getNFKCCasefoldInstance(&e);
	k->compose = unorm2_getNFCInstance(&e);
	k->spoof = uspoof_open(&e);
	uspoof_setChecks(k->spoof, USPOOF_RESTRICTION_LEVEL | USPOOF_INVISIBLE, &e);
	uspoof_setRestrictionLevel(k->spoof, USPOOF_MODERATELY_RESTRICTIVE);
	if (U_FAILURE(e)) {
		log_error("icu", "why=%s", u_errorName(e));
		name_keyer_free(&k);
		return ST_IO;
	}
	*out = k;
	return ST_OK;
}

void name_keyer_free(struct name_keyer **k)
{
	if (k == NULL || *k == NULL)
		return;
	uspoof_close((*k)->spoof);
	free(*k);
	*k = NULL;
}

static bool is_allowed(uint32_t c)
{
	UChar32 u = (UChar32)c;

	if (c == '_' || c == '-' || c == '.')
		return true;
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       (c >= '0' && c <= '9');
	/* Letters with their marks and decimal digits; so no control, format, private or
	 * unassigned characters, no symbols and no emoji. */
	return (U_GET_GC_MASK(u) &
		(U_GC_L_MASK | U_GC_MN_MASK | U_GC_MC_MASK | U_GC_ND_MASK)) != 0 &&
	       !u_hasBinaryProperty(u, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* Marks without a width of their own pile up on the letter before them. */
struct pile {
	uint32_t last;
	size_t height;
};

static bool stacks_too_high(struct pile *p, uint32_t c)
{
	bool is_mark = (U_GET_GC_MASK((UChar32)c) & U_GC_MN_MASK) != 0;
	bool is_again = is_mark && c == p->last;

	p->height = is_mark ? p->height + 1 : 0;
	p->last = c;
	return is_again || p->height > NAME_STACKED_MARKS;
}

static bool has_good_characters(struct slice name)
{
	struct slice rest = name;
	struct pile pile = {0, 0};
	uint32_t c;
	size_t n = 0;

	if (name.len == 0 || name.len > NAME_MAX_BYTES || name.ptr[0] == '.' ||
	    name.ptr[name.len - 1] == '.')
		return false;
	while (utf8_next(&rest, &c)) {
		if (!is_allowed(c) || ++n > NAME_MAX_CHARACTERS ||
		    stacks_too_high(&pile, c))
			return false;
		if (n == 1 && (u_getCombiningClass((UChar32)c) != 0 ||
			       (U_GET_GC_MASK((UChar32)c) & U_GC_M_MASK) != 0))
			return false; /* a mark needs a letter to stand on */
	}
	return rest.len == 0;
}

static int32_t skeleton(const struct name_keyer *k, const UChar *s, int32_t n, UChar *out,
			UErrorCode *e)
{
	return uspoof_getSkeleton(k->spoof, 0, s, n, out, UNITS, e);
}

static int32_t fold(const struct name_keyer *k, const UChar *s, int32_t n, UChar *out,
		    UErrorCode *e)
{
	return unorm2_normalize(k->fold, s, n, out, UNITS, e);
}

/* Unicode's table has the small palochka looking like an i, and the capital like an l; in most typefaces
 * both look like an l. */
static void straighten(UChar *s, int32_t n)
{
	for (int32_t i = 0; i < n && i < UNITS; i++) {
		if (s[i] == 0x4cf)
			s[i] = 'l';
	}
}

/* A key that fills its buffer would be without its terminator: ICU only warns, and takes the
 * warning back when the next text fits. */
static bool put_key(const UChar *s, int32_t n, char key[NAME_KEY_SIZE], UErrorCode *e)
{
	u_strToUTF8(key, NAME_KEY_SIZE, NULL, s, n, e);
	return U_SUCCESS(*e) && *e != U_STRING_NOT_TERMINATED_WARNING;
}

enum status name_normalize(const struct name_keyer *k, struct slice name,
			   char out[NAME_MAX_BYTES + 1])
{
	UChar text[UNITS], composed[UNITS];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n;

	out[0] = '\0';
	if (name.len == 0)
		return ST_OK;
	if (name.len > NAME_MAX_BYTES || memchr(name.ptr, '\0', name.len) != NULL)
		return ST_RANGE;
	u_strFromUTF8(text, UNITS, &n, name.ptr, (int32_t)name.len, &e);
	n = unorm2_normalize(k->compose, text, n, composed, UNITS, &e);
	u_strToUTF8(out, NAME_MAX_BYTES + 1, NULL, composed, n, &e);
	if (U_SUCCESS(e) && e != U_STRING_NOT_TERMINATED_WARNING)
		return ST_OK;
	out[0] = '\0';
	return ST_RANGE;
}

static enum status make_keys(const struct name_keyer *k, const UChar *text, int32_t n,
			     struct name_keys *out)
{
	UChar a[UNITS], b[UNITS];
	UErrorCode e = U_ZERO_ERROR;

	/* Folded first, then its skeleton, folded again: skeletons may hold capitals. */
	int32_t len = fold(k, text, n, a, &e);
	straighten(a, len);
	len = skeleton(k, a, len, b, &e);
	len = fold(k, b, len, a, &e);
	if (!put_key(a, len, out->key[0], &e))
		return ST_RANGE;
	/* The skeleton of what is seen, then folded: "Iinus" looks like "linus". */
	len = skeleton(k, text, n, b, &e);
	len = fold(k, b, len, a, &e);
	return put_key(a, len, out->key[1], &e) ? ST_OK : ST_RANGE;
}

enum status name_keys_of(const struct name_keyer *k, struct slice name,
			 struct name_keys *out)
{
	UChar text[UNITS];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n;

	if (!has_good_characters(name))
		return ST_RANGE;
	u_strFromUTF8(text, UNITS, &n, name.ptr, (int32_t)name.len, &e);
	if (U_FAILURE(e) || uspoof_check2(k->spoof, text, n, NULL, &e) != 0)
		return ST_RANGE;
	return make_keys(k, text, n, out);
}

enum status name_keys_of_look(const struct name_keyer *k, struct slice look,
			      struct name_keys *out)
{
	UChar text[UNITS];
	UErrorCode e = U_ZERO_ERROR;
	int32_t n;

	if (look.len == 0 || look.len > NAME_LOOK_BYTES)
		return ST_RANGE;
	u_strFromUTF8(text, UNITS, &n, look.ptr, (int32_t)look.len, &e);
	return U_FAILURE(e) ? ST_RANGE : make_keys(k, text, n, out);
}
