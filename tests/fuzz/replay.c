/* Gives each file of the directories named to the target, once; a failed property aborts. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/memory.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int replay_file(const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	uint8_t *exact;
	size_t len;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	len = fread(input, 1, sizeof input, f);
	(void)fclose(f);
	exact = xcalloc(1, len + 1); /* so that a sanitizer sees what is read beyond it */
	for (size_t i = 0; i < len; i++)
		exact[i] = input[i];
	exact = xrealloc(exact, len > 0 ? len : 1);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 0;
}

static int replay_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int n = 0;

	if (d == NULL) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(d)) != NULL) {
		char *file = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.' && replay_file(file) == 0)
			n++;
		free(file);
	}
	closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int all = 0;

	for (int i = 1; i < argc; i++) {
		int n = replay_directory(argv[i]);

		if (n <= 0) {
			(void)fprintf(stderr, "%s: no corpus\n", argv[i]);
			return 1;
		}
		all += n;
	}
	(void)printf("%d inputs\n", all);
	return all > 0 ? 0 : 1;
}
