# manual.awk - folds lines of text of a manual page at 78 bytes, as mandoc -Tlint likes them; macros and
# literal displays stay.  A line never begins with a dot or a quote that was in its middle: those begin macros.

/^\.Bd -literal/ { is_literal = 1 }
/^\.Ed/ { is_literal = 0 }
is_literal || /^[.']/ { print; next }
{
	while (length($0) > 78) {
		for (at = 79; at > 1; at--)
			if (substr($0, at, 1) == " " && substr($0, at + 1, 1) !~ /[.' ]/)
				break
		if (at == 1)
			break
		print substr($0, 1, at - 1)
		$0 = substr($0, at + 1)
	}
	print
}
