#!/bin/sh
# Every shell script can be read by its shell, and shellcheck has nothing to say about it.
set -eu
cd "$(dirname "$0")/../.."

command -v shellcheck >/dev/null || {
	echo "shellcheck is missing: script/bootstrap installs it" >&2
	exit 1
}
failed=0
for file in $(find script .ci deploy tests -type f ! -name '*.[ch]' ! -name '*.py' 2>/dev/null); do
	read -r first <"$file" || true
	case $first in
	'#!'*bash*) shell=bash ;;
	'#!/bin/sh'*) shell=sh ;;
	*) continue ;;
	esac
	"$shell" -n "$file" || failed=1
	shellcheck -s "$shell" "$file" || failed=1
done
exit $failed
