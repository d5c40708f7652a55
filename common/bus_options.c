/* One row each of the option tables, and what they mean together. */
#include "common/bus_options.h"

#include "common/log.h"
#include "common/memory.h"

bool bus_option_resolve(const struct config_program *program,
			const struct config_source *source, const char *bus,
			const char *given, enum bus_endpoint endpoint, char *url,
			size_t cap)
{
	char quoted[128];
	bool good = given != NULL ? bus_url_is_valid(given) && fmt(url, cap, "%s", given)
				  : bus_endpoint_url(bus, endpoint, url, cap) == ST_OK;

	if (!good)
		config_complain(program, source,
				"%s is not a bus address: tcp://HOST:PORT is",
				log_quote(quoted, sizeof quoted,
					  slice_of(given != NULL ? given : bus)));
	return good;
}
