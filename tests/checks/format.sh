#!/bin/sh
# Every C file is as clang-format 14 (.clang-format) would write it.
set -eu
cd "$(dirname "$0")/../.."

format=$(command -v clang-format-14 || command -v clang-format) || {
	echo "clang-format 14 is missing: script/bootstrap installs it" >&2
	exit 1
}
case $("$format" --version) in
*" 14."*) ;;
*)
	echo "$("$format" --version): another version formats otherwise, 14 is needed" >&2
	exit 1
	;;
esac

find common broker gateway mailer ctl tests -name '*.[ch]' -print0 |
	xargs -0 "$format" --dry-run -Werror --ferror-limit=3
