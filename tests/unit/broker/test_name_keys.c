/* Which names are allowed, and which pairs are the same claim. */
#include "broker/name_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/memory.h"

static int setup(void **state)
{
	struct name_keyer *k;

	if (name_keyer_new(&k) != ST_OK)
		return -1;
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct name_keyer *k = *state;

	name_keyer_free(&k);
	assert_null(k);
	return 0;
}

static bool is_allowed(const struct name_keyer *k, const char *name)
{
	struct name_keys keys;

	return name_keys_of(k, slice_of(name), &keys) == ST_OK;
}

/* What names.c does: any key of the one is any key of the other. */
static bool share_a_key(const struct name_keys *a, const struct name_keys *b)
{
	for (size_t i = 0; i < NAME_KEYS; i++) {
		for (size_t j = 0; j < NAME_KEYS; j++) {
			if (strcmp(a->key[i], b->key[j]) == 0)
				return true;
		}
	}
	return false;
}

static void ordinary_names_of_many_scripts_are_allowed(void **state)
{
	static const char *const names[] = {
		"a",
		"Z",
		"7",
		"ann",
		"Anna",
		"bill_99",
		"jean-luc",
		"j.r.r.tolkien",
		"O_o",
		"_",
		"-",
		"--__--",
		"x.y-z_0",
		"Jos\u00e9",
		"Jose\u0301", /* the same with a combining accent */
		"Fran\u00e7ois",
		"Bj\u00f6rk",
		"Stra\u00dfe",
		"\u0141ukasz",
		"\u0130stanbul",
		"\u00de\u00f3r",
		"\u0411\u043e\u0440\u0438\u0441",             /* Борис */
		"\u0410\u043d\u043d\u0430",                   /* Анна */
		"\u042e\u043b\u0456\u044f",                   /* Юлія */
		"\u0393\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2", /* Γιώργος */
		"\u05d3\u05d5\u05d3",                         /* דוד */
		"\u0645\u062d\u0645\u062f",                   /* محمد */
		"\u0622\u0631\u0634",                         /* آرش */
		"\u0930\u093e\u092e",                         /* राम */
		"\u0985\u09a8\u09bf\u09b2",                   /* অনিল */
		"\u0ba4\u0bae\u0bbf\u0bb4\u0bcd",             /* தமிழ் */
		"\u0c30\u0c3e\u0c2e\u0c41",                   /* రాము */
		"\u0e2a\u0e21\u0e0a\u0e32\u0e22",             /* สมชาย */
		"\u0ea5\u0eb2\u0ea7",                         /* ລາວ */
		"\u1019\u103c\u1014\u103a\u1019\u102c",       /* မြန်မာ */
		"\u1780\u1798\u17d2\u1796",                   /* កម្ព */
		"\u0d05\u0d28\u0d41",                         /* അനു */
		"\u0f56\u0f7c\u0f51",                         /* བོད */
		"\u10d2\u10d8\u10dd\u10e0\u10d2\u10d8",       /* გიორგი */
		"\u0531\u0576\u056b",                         /* Անի */
		"\u12a0\u1260\u1260",                         /* አበበ */
		"\u7530\u4e2d",                               /* 田中 */
		"\u3055\u304f\u3089",                         /* さくら */
		"\u30bf\u30ed\u30fc",                         /* タロー */
		"\u7530\u4e2d\u3055\u304f\u3089",             /* 田中さくら */
		"\u738b\u5c0f\u660e",                         /* 王小明 */
		"\uae40\ubbfc\uc900",                         /* 김민준 */
		"\u7530\u4e2dken",                            /* Han and Latin */
		"\u0645\u062d\u0645\u062f\u0661\u0662",       /* Arabic digits */
		"\u13e3\u13b3\u13a9",                         /* ᏣᎳᎩ */
		"Nguy\u1ec5n",
		"12345678901234567890123456789012", /* 32 */
	};

	for (size_t i = 0; i < NELEMS(names); i++) {
		if (!is_allowed(*state, names[i]))
			fail_msg("refused: %s", names[i]);
	}
}

static void n1_names_that_break_a_rule_are_refused(void **state)
{
	static const struct {
		struct slice name;
		const char *why;
	} cases[] = {
		{{NULL, 0}, "empty"},
		{{"", 0}, "empty"},
		{{"a\0b", 3}, "NUL"},
		{{"\0", 1}, "NUL"},
		{{"ann ", 4}, "space at the end"},
		{{" ann", 4}, "space at the start"},
		{{"an n", 4}, "space"},
		{{".", 1}, "only a dot"},
		{{"..", 2}, "only dots"},
		{{".ann", 4}, "dot at the start"},
		{{"ann.", 4}, "dot at the end"},
		{{"ann\n", 4}, "newline"},
		{{"ann\r\nX", 6}, "CRLF"},
		{{"ann\t", 4}, "tab"},
		{{"\x1b[31m", 5}, "escape"},
		{{"ann\x7f", 4}, "DEL"},
		{{"a/b", 3}, "slash"},
		{{"a\\b", 3}, "backslash"},
		{{"a@b", 3}, "at"},
		{{"a,b", 3}, "comma"},
		{{"a:b", 3}, "colon"},
		{{"a\"b", 3}, "quote"},
		{{"a'b", 3}, "apostrophe"},
		{{"<b>", 3}, "markup"},
		{{"a&b", 3}, "ampersand"},
		{{"a+b", 3}, "plus"},
		{{"a$b", 3}, "dollar"},
		{{"a`b", 3}, "backtick"},
		{{"a^b", 3}, "caret"},
		{{"123456789012345678901234567890123", 33}, "33 characters"},
		{{"\xff", 1}, "not UTF-8"},
		{{"ann\xc3", 4}, "cut UTF-8"},
		{{"\xc0\xae", 2}, "overlong dot"},
		{{"\xed\xa0\x80", 3}, "surrogate"},
		{{"\xf4\x90\x80\x80", 4}, "above U+10FFFF"},
		{{"\x80", 1}, "lone continuation"},
	};

	for (size_t i = 0; i < NELEMS(cases); i++) {
		struct name_keys keys;

		if (name_keys_of(*state, cases[i].name, &keys) != ST_RANGE)
			fail_msg("allowed: %s", cases[i].why);
	}
}

static void n1_characters_nobody_can_see_or_name_are_refused(void **state)
{
	static const char *const names[] = {
		"an\u200bn", /* zero width space */
		"an\u200cn", /* zero width non-joiner */
		"an\u200dn", /* zero width joiner */
		"an\u2060n", /* word joiner */
		"\ufeff"
		"ann",       /* byte order mark */
		"an\u00adn", /* soft hyphen */
		"\u202e"
		"nna",       /* right-to-left override */
		"ann\u202c", /* pop directional */
		"\u2066"
		"ann\u2069", /* isolates */
		"\u200e"
		"ann",           /* left-to-right mark */
		"ann\u034f",     /* combining grapheme joiner */
		"\u3164",        /* Hangul filler */
		"\uffa0",        /* half-width Hangul filler */
		"\u115f",        /* Hangul choseong filler */
		"an\u180en",     /* Mongolian vowel separator */
		"ann\ufe0f",     /* variation selector 16 */
		"ann\U000e0101", /* variation selector 18 */
		"ann\U000e0041", /* tag letter A */
		"an\u2028n",     /* line separator */
		"an\xc2\x85n",   /* next line */
		"an\u00a0n",     /* no-break space */
		"an\u3000n",     /* ideographic space */
		"an\u2003n",     /* em space */
		"\ue000",        /* private use */
		"\U000f0000",    /* private use */
		"\u0378",        /* unassigned */
		"\uffff",        /* noncharacter */
		"\U0001f600",    /* emoji */
		"ann\U0001f451", /* emoji */
		"\u2603",        /* snowman */
		"\u2713"
		"ann",                /* check mark */
		"ann\u2122",          /* trade mark */
		"\u24d0\u24dd\u24dd", /* circled letters are symbols */
		"ann\u2e31",          /* word separator dot */
		"ann\u2024"
		"b", /* one dot leader */
		"ann\uff0e"
		"b", /* full-width full stop */
		"ann\u2010"
		"b",        /* hyphen */
		"a\u2044b", /* fraction slash */
		"\u00bd",   /* one half: a number, not a digit */
		"\u2162",   /* Roman numeral three */
		"\u0301"
		"ann",    /* a mark with nothing to stand on */
		"\u093e", /* a vowel sign alone */
		"\u0301",
		"an\u20ddn", /* enclosing circle */
	};

	for (size_t i = 0; i < NELEMS(names); i++) {
		if (is_allowed(*state, names[i]))
			fail_msg("allowed: case %zu", i);
	}
}

static void n1_scripts_that_can_be_mistaken_are_not_mixed(void **state)
{
	static const char *const names[] = {
		"\u0440aypal",  /* Cyrillic er */
		"p\u0430ypal",  /* Cyrillic a */
		"\u0430dmin",   /* Cyrillic a */
		"adm\u0456n",   /* Cyrillic i */
		"ann\u03bf",    /* Greek omicron */
		"l\u03b9nus",   /* Greek iota */
		"\u0391nna",    /* Greek capital Alpha */
		"\u0430\u03bf", /* Cyrillic and Greek */
		"\u13aanna",    /* Cherokee go */
		"\u0561nna",    /* two of them: Armenian and Latin is no set */
		"\u05d0\u0627", /* Hebrew and Arabic */
		"1\u0661",      /* digits of two systems */
	};
	size_t refused = 0;

	for (size_t i = 0; i < NELEMS(names); i++)
		refused += !is_allowed(*state, names[i]);
	/* Whether a script may stand beside Latin is ICU's data; Greek and Cyrillic never do. */
	for (size_t i = 0; i < 8; i++) {
		if (is_allowed(*state, names[i]))
			fail_msg("allowed: %s", names[i]);
	}
	assert_in_range(refused, 9, NELEMS(names));
}

static void names_are_kept_as_they_look(void **state)
{
	static const struct {
		const char *given, *kept;
	} cases[] = {
		{"", ""},
		{"ann", "ann"},
		{"Jose\u0301", "Jos\u00e9"},
		{"jos\u00e9", "jos\u00e9"},
		{"\u212bsa", "\u00c5sa"},
		{"\u1100\u1161", "\uac00"},
		{"a\u0323\u0302", "\u1ead"}, /* marks in their order */
		{"a\u0302\u0323", "\u1ead"},
		{"\u0958", "\u0915\u093c"}, /* some are only ever apart */
		{"\uff41nn", "\uff41nn"},   /* that is for the keys */
	};
	char out[NAME_MAX_BYTES + 1], longest[2 * NAME_MAX_BYTES + 1] = "";

	for (size_t i = 0; i < NELEMS(cases); i++) {
		assert_int_equal(name_normalize(*state, slice_of(cases[i].given), out),
				 ST_OK);
		assert_string_equal(out, cases[i].kept);
	}
	assert_int_equal(name_normalize(*state, S("\xff"), out), ST_RANGE);
	assert_string_equal(out, "");
	assert_int_equal(name_normalize(*state, (struct slice){"a\0b", 3}, out),
			 ST_RANGE);
	/* What fits as given need not fit as kept: 40 times U+0958 has twice its 120 bytes. */
	for (int i = 0; i < 40; i++)
		strcat(longest, "\u0958");
	assert_int_equal(name_normalize(*state, slice_of(longest), out), ST_RANGE);
	memset(longest, 'x', 121);
	longest[121] = '\0';
	assert_int_equal(name_normalize(*state, slice_of(longest), out), ST_RANGE);
	longest[120] = '\0';
	assert_int_equal(name_normalize(*state, slice_of(longest), out), ST_OK);
	assert_string_equal(out, longest);
}

static void letters_carry_no_towers(void **state)
{
	assert_true(is_allowed(*state, "l\u0327e"));
	/* Burmese, with all the marks a syllable can have */
	assert_true(is_allowed(*state, "\u101c\u103d\u103e\u102d\u102f\u1037"));
	assert_true(is_allowed(*state, "a\u0300\u0301\u0302\u0303\u0304"));
	assert_false(is_allowed(*state, "a\u0300\u0301\u0302\u0303\u0304\u0305"));
	assert_true(is_allowed(*state, "a\u0300\u0301\u0302z\u0303\u0304\u0305"));
	assert_false(is_allowed(*state, "a\u0300\u0300"));
	assert_true(is_allowed(*state, "a\u0300b\u0300"));
}

static void different_ordinary_names_are_different_claims(void **state)
{
	static const char *const names[] = {
		"ann",
		"anna",
		"anne",
		"bill",
		"will",
		"gill",
		"jill",
		"bob",
		"bobby",
		"dan",
		"don",
		"den",
		"tim",
		"tom",
		"jim",
		"kim",
		"sam",
		"pam",
		"max",
		"mia",
		"nia",
		"eva",
		"ava",
		"lea",
		"leo",
		"lee",
		"ian",
		"jan",
		"jon",
		"john",
		"joan",
		"jean",
		"dean",
		"sean",
		"paul",
		"paula",
		"carl",
		"karl",
		"cara",
		"kara",
		"eric",
		"erik",
		"marc",
		"mark",
		"mary",
		"maria",
		"marie",
		"peter",
		"petra",
		"a",
		"b",
		"c",
		"d",
		"cl",
		"x",
		"y",
		"z",
		"u",
		"v",
		"w",
		"n",
		"rr",
		"k",
		"user2",
		"user3",
		"user4",
		"user22",
		"user23",
		"a_b",
		"a-b",
		"a.b",
		"ab",
		"jos\u00e9",
		"jose",
		"m\u00fcller",
		"muller",
		"mueller",
		"\u0411\u043e\u0440\u0438\u0441", /* Борис */
		"\u0411\u043e\u0440\u0438",       /* Бори */
		"\u0410\u043d\u043d\u0430",       /* Анна: Cyrillic en is no n */
		"\u7530\u4e2d",
		"\u7530\u4e2d\u3055",
		"\u4e2d\u7530",
		"\u0645\u062d\u0645\u062f",
		"\u0623\u062d\u0645\u062f",
		"\u05d3\u05d5\u05d3",
		"\uae40\ubbfc\uc900",
		"\uae40\ubbfc\uc218",
	};
	static struct name_keys keys[NELEMS(names)];

	for (size_t i = 0; i < NELEMS(names); i++)
		assert_int_equal(name_keys_of(*state, slice_of(names[i]), &keys[i]),
				 ST_OK);
	for (size_t i = 0; i < NELEMS(names); i++) {
		for (size_t j = i + 1; j < NELEMS(names); j++) {
			if (share_a_key(&keys[i], &keys[j]))
				fail_msg("%s and %s are one claim", names[i], names[j]);
		}
	}
}

static void n1_limits_are_32_characters_and_120_bytes(void **state)
{
	char name[256] = "";

	for (size_t i = 0; i < 30; i++) /* three bytes each */
		strcat(name, "\u7530");
	assert_true(is_allowed(*state, name));
	strcat(name, "\u7530\u7530");
	assert_int_equal(strlen(name), 96);
	assert_true(is_allowed(*state, name));
	strcat(name, "\u7530");
	assert_false(is_allowed(*state, name));

	name[0] = '\0';
	for (size_t i = 0; i < 30; i++) /* four bytes each */
		strcat(name, "\U00020000");
	assert_int_equal(strlen(name), 120);
	assert_true(is_allowed(*state, name));
	strcat(name, "a");
	assert_false(is_allowed(*state, name));
}

/* U+FDFA is one letter that folds to eighteen, so keys grow up to every length. */
static void a_key_always_has_its_end(void **state)
{
	static const char *const fillers[] = {"a", "M", "m", "I",
					      "w", "d", "Q", "\u0645"};

	for (size_t f = 0; f < NELEMS(fillers); f++) {
		for (size_t big = 0; big <= 10; big++) {
			for (size_t small = 0; big + small <= 32; small++) {
				for (size_t other = 0; other < 3; other++) {
					char name[200] = "";
					struct name_keys keys;

					for (size_t i = 0; i < big; i++)
						strcat(name, "\ufdfa");
					for (size_t i = 0; i < small; i++)
						strcat(name, fillers[f]);
					for (size_t i = 0; i < other; i++)
						strcat(name, "x");
					memset(&keys, 'x', sizeof keys);
					if (name_keys_of(*state, slice_of(name), &keys) !=
					    ST_OK)
						continue;
					for (size_t i = 0; i < NAME_KEYS; i++)
						assert_non_null(memchr(keys.key[i], '\0',
								       NAME_KEY_SIZE));
				}
			}
		}
	}
}

static void keys_do_not_depend_on_what_was_asked_before(void **state)
{
	struct name_keys a, b;

	assert_int_equal(name_keys_of(*state, S("Linus"), &a), ST_OK);
	assert_int_equal(name_keys_of(*state, S("no such name"), &b), ST_RANGE);
	assert_int_equal(name_keys_of(*state, S("\xff"), &b), ST_RANGE);
	assert_int_equal(name_keys_of(*state, S("Linus"), &b), ST_OK);
	assert_string_equal(a.key[0], b.key[0]);
	assert_string_equal(a.key[1], b.key[1]);
}

/* Every character of the Basic Multilingual Plane, alone and after a letter. */
static void no_character_makes_an_empty_key(void **state)
{
	for (uint32_t c = 0x80; c < 0x10000; c++) {
		char name[8] = "ab";
		struct name_keys keys;
		size_t at = 0;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c < 0x800) {
			name[at++] = (char)(0xc0 | c >> 6);
		} else {
			name[at++] = (char)(0xe0 | c >> 12);
			name[at++] = (char)(0x80 | (c >> 6 & 0x3f));
		}
		name[at++] = (char)(0x80 | (c & 0x3f));
		name[at] = '\0';
		if (name_keys_of(*state, slice_of(name), &keys) != ST_OK)
			continue;
		for (size_t i = 0; i < NAME_KEYS; i++) {
			if (keys.key[i][0] == '\0')
				fail_msg("U+%04X has an empty key", c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_names_of_many_scripts_are_allowed),
		cmocka_unit_test(n1_names_that_break_a_rule_are_refused),
		cmocka_unit_test(n1_characters_nobody_can_see_or_name_are_refused),
		cmocka_unit_test(n1_scripts_that_can_be_mistaken_are_not_mixed),
		cmocka_unit_test(names_are_kept_as_they_look),
		cmocka_unit_test(letters_carry_no_towers),
		cmocka_unit_test(different_ordinary_names_are_different_claims),
		cmocka_unit_test(n1_limits_are_32_characters_and_120_bytes),
		cmocka_unit_test(a_key_always_has_its_end),
		cmocka_unit_test(keys_do_not_depend_on_what_was_asked_before),
		cmocka_unit_test(no_character_makes_an_empty_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
