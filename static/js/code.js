// The login code, found in whatever a person types or pastes: "48291357", "4829 1357",
// full-width digits, or the whole line of the mail.

const GAP = "[\\s\\-\\u2010-\\u2015.]";

// The `digits` digits of the code, or null when they are not (yet, or clearly) there.
export function findCode(input, digits = 8) {
	const text = input.normalize("NFKC");
	const half = digits >> 1;
	const shapes = [`\\d{${digits}}`, `\\d{${half}}${GAP}\\d{${digits - half}}`];

	for (const shape of shapes) {
		const found = text.match(new RegExp(`(?<!\\d)${shape}(?!\\d)`));

		if (found !== null)
			return found[0].replace(/\D/g, "");
	}
	const bare = text.replace(new RegExp(GAP, "g"), "");
	return new RegExp(`^\\d{${digits}}$`).test(bare) ? bare : null;
}
