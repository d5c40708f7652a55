/* test_metrics.c - numbers as Prometheus reads them. */
#include "common/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/attr.h"

struct numbers {
#define METRICS "tests/unit/common/sample_metrics.def"
#include "common/metric_fields.inc"
};

static const char *const reasons[] = {"slow", NULL, "silent"};
static const struct metric_buckets three = {3, 1000, {1, 25, 2000}};

#define METRIC_STRUCT struct numbers
static const struct metric table[] = {
#define METRICS "tests/unit/common/sample_metrics.def"
#include "common/metric_rows.inc"
};

static void each_kind_is_written(void **state)
{
	struct numbers n = {.posts = UINT64_MAX, .people = 2, .closes = {1, 9, 3}};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	histogram_add(&n.lag, &three, 0);
	histogram_add(&n.lag, &three, 1);
	histogram_add(&n.lag, &three, 2);
	histogram_add(&n.lag, &three, 2000);
	histogram_add(&n.lag, &three, 2001);
	metrics_write(table, NELEMS(table), &n, out);
	fclose(out);
	assert_string_equal(text, "# HELP p_total Posts.\n"
				  "# TYPE p_total counter\n"
				  "p_total 18446744073709551615\n"
				  "# HELP people People.\n"
				  "# TYPE people gauge\n"
				  "people 2\n"
				  "# HELP c_total Closes.\n"
				  "# TYPE c_total counter\n"
				  "c_total{reason=\"slow\"} 1\n"
				  "c_total{reason=\"silent\"} 3\n"
				  "# HELP lag_seconds Lag.\n"
				  "# TYPE lag_seconds histogram\n"
				  "lag_seconds_bucket{le=\"0.001\"} 2\n"
				  "lag_seconds_bucket{le=\"0.025\"} 3\n"
				  "lag_seconds_bucket{le=\"2\"} 4\n"
				  "lag_seconds_bucket{le=\"+Inf\"} 5\n"
				  "lag_seconds_sum 4.004\n"
				  "lag_seconds_count 5\n");
	free(text);
}

static void bounds_of_the_shared_buckets_ascend(void **state)
{
	static const struct metric_buckets *const all[] = {&metric_ms, &metric_us,
							   &metric_count};

	(void)state;
	for (size_t i = 0; i < NELEMS(all); i++) {
		assert_in_range(all[i]->n, 1, METRIC_BUCKETS_MAX);
		for (size_t k = 1; k < all[i]->n; k++)
			assert_true(all[i]->bounds[k - 1] < all[i]->bounds[k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_written),
		cmocka_unit_test(bounds_of_the_shared_buckets_ascend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
