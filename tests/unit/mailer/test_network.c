/* Networks, widened to what the record may keep. */
#include "mailer/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/attr.h"

static void a1_networks_are_kept_as_24_and_48_bits(void **state)
{
	static const struct {
		const char *from, *kept;
	} cases[] = {
		{"192.0.2.7", "192.0.2.0/24"},
		{"192.0.2.7/32", "192.0.2.0/24"},
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"},
		{"2001:db8:1:2::/64", "2001:db8:1::/48"},
		{"::1", "::/48"},
		{"unknown", ""},
		{"", ""},
		{"1.2.3", ""},
		{"2001:db8:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17", ""},
	};
	char out[NETWORK_CAP];

	(void)state;
	for (size_t i = 0; i < NELEMS(cases); i++) {
		network_widen(slice_of(cases[i].from), out);
		assert_string_equal(out, cases[i].kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a1_networks_are_kept_as_24_and_48_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
