/* Bytes are looked at, and characters only where a word or a link begins: nearly all of a text is neither. */
#include "broker/mentions.h"

#include <stdint.h>
#include <string.h>

#include <unicode/uchar.h>

#include "broker/names.h"
#include "common/utf8.h"

static struct slice after(struct slice text, size_t at)
{
	return (struct slice){text.ptr + at, text.len - at};
}

/* -- characters -- */

static bool turns(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Hangul fillers: letters that nobody sees, as wide as others. */
static bool is_blank(uint32_t c)
{
	return c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
}

static bool is_of_word(uint32_t c)
{
	UChar32 u = (UChar32)c;

	if (c == '_' || c == '-')
		return true;
	return u_hasBinaryProperty(u, UCHAR_ALPHABETIC) ||
	       (U_GET_GC_MASK(u) & (U_GC_M_MASK | U_GC_N_MASK)) != 0 ||
	       u_hasBinaryProperty(u, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static bool is_of_link(uint32_t c)
{
	bool is_space = u_isUWhiteSpace((UChar32)c) || c == 0xfeff;

	return !is_space && c != '<' && c != '>' && c != '"' && c != '`' &&
	       !u_hasBinaryProperty((UChar32)c, UCHAR_BIDI_CONTROL);
}

static bool follows_letter(struct slice text, size_t at)
{
	size_t begin = at;
	struct slice last;
	uint32_t c;

	while (begin > 0 && at - begin < 4 &&
	       ((unsigned char)text.ptr[--begin] & 0xc0) == 0x80)
		continue;
	last = (struct slice){text.ptr + begin, at - begin};
	/* The iota below other letters is an iota to whoever ignores case, as the page does. */
	return utf8_next(&last, &c) &&
	       ((U_GET_GC_MASK((UChar32)c) & (U_GC_L_MASK | U_GC_N_MASK)) != 0 ||
		c == 0x345);
}

/* -- links -- */

static bool skip(struct slice *s, struct slice ascii)
{
	if (s->len < ascii.len ||
	    !slice_equal_folded((struct slice){s->ptr, ascii.len}, ascii))
		return false;
	*s = after(*s, ascii.len);
	return true;
}

/* The long s is an s to whoever ignores case, as the page does. */
static bool skip_scheme(struct slice *s)
{
	if (skip(s, S("mailto:")))
		return true;
	if (!skip(s, S("http")))
		return false;
	if (!skip(s, S("s")))
		(void)skip(s, S("\xc5\xbf"));
	return skip(s, S("://"));
}

/* How long the link that begins here is; 0: none does. */
static size_t link_length(struct slice text)
{
	struct slice rest = text, next;
	uint32_t c;
	size_t scheme;

	if (!skip_scheme(&rest))
		return 0;
	scheme = text.len - rest.len;
	for (next = rest; utf8_next(&next, &c) && is_of_link(c);)
		rest = next;
	return text.len - rest.len > scheme ? text.len - rest.len : 0;
}

/* -- words -- */

/* Of what follows an @: how many bytes belong together, without dots at the end.  Is it a word? */
static size_t word_length(struct slice text, bool *is_word)
{
	struct slice rest = text;
	size_t end = 0, n = 0, whole = 0;
	bool is_odd = false;
	uint32_t c;

	while (utf8_next(&rest, &c) && (c == '.' || is_of_word(c))) {
		n++;
		is_odd = is_odd || turns(c) || is_blank(c);
		if (c == '.')
			continue;
		end = text.len - rest.len;
		whole = n;
	}
	*is_word = end > 0 && whole <= NAME_MAX_CHARACTERS && !is_odd;
	return end;
}

bool mentions_next(struct slice text, size_t *at, struct slice *word)
{
	while (*at < text.len) {
		char c = text.ptr[*at];
		size_t length = 0;
		bool is_word = false;

		if (c == '@' && !follows_letter(text, *at)) {
			length = word_length(after(text, *at + 1), &is_word);
			*word = (struct slice){text.ptr + *at + 1, length};
			length++;
		} else if ((ascii_lower(c) == 'h' || ascii_lower(c) == 'm') &&
			   !follows_letter(text, *at)) {
			length = link_length(after(text, *at));
		}
		*at += length > 0 ? length : 1;
		if (is_word)
			return true;
	}
	return false;
}

/* -- whom they call -- */

/* "ann." with something unseen behind it looks like the end of a sentence. */
static struct slice trim(struct slice word)
{
	struct slice rest = word, kept = {word.ptr, 0};
	uint32_t c;

	while (utf8_next(&rest, &c)) {
		if (c != '.' &&
		    !u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
			kept.len = word.len - rest.len;
	}
	return kept;
}

struct found {
	uint64_t ids[MENTIONS_MAX * NAME_KEYS];
	size_t n;
	char *out;
	size_t len;
};

static void add(struct found *f, const struct name_claim *claim)
{
	size_t len;

	if (claim == NULL || claim->id < NAMES_FIRST_ID)
		return;
	for (size_t i = 0; i < f->n; i++) {
		if (f->ids[i] == claim->id)
			return;
	}
	f->ids[f->n++] = claim->id;
	len = strlen(claim->name);
	memcpy(f->out + f->len, claim->name, len);
	f->len += len;
	f->out[f->len++] = ' ';
}

static bool is_among(const struct slice *words, size_t n, struct slice word)
{
	for (size_t i = 0; i < n; i++) {
		if (slice_equal(words[i], word))
			return true;
	}
	return false;
}

struct slice mentions_of(const struct names *names, const struct name_keyer *keyer,
			 struct slice text, char out[MENTIONS_BYTES])
{
	struct slice words[MENTIONS_MAX], word;
	struct found f = {.out = out};
	size_t at = 0, n = 0;

	if (text.len == 0 || memchr(text.ptr, '@', text.len) == NULL)
		return S("");
	while (n < MENTIONS_MAX && mentions_next(text, &at, &word)) {
		struct name_keys keys;

		if (is_among(words, n, word))
			continue;
		words[n++] = word;
		if (name_keys_of_look(keyer, trim(word), &keys) != ST_OK)
			continue;
		for (size_t i = 0; i < NAME_KEYS; i++)
			add(&f, names_by_key(names, keys.key[i]));
	}
	return (struct slice){out, f.len > 0 ? f.len - 1 : 0};
}

size_t mentions_most(struct slice text)
{
	size_t n = 0;

	while (n < MENTIONS_MAX && text.len > 0) {
		const char *found = memchr(text.ptr, '@', text.len);

		if (found == NULL)
			break;
		text = after(text, (size_t)(found - text.ptr) + 1);
		n++;
	}
	return n * NAME_KEYS * (NAME_MAX_BYTES + 1);
}
