// The login code in what is typed or pasted: "4829 1357", or the line of the mail.

const GAP = "[\\s\\-\\u2010-\\u2015.]";

// null: it is not there, or not clearly.
export function findCode(input, digits = 8) {
	const text = input.normalize("NFKC");
	const half = digits >> 1;

	for (const shape of [`\\d{${digits}}`, `\\d{${half}}${GAP}\\d{${digits - half}}`]) {
		const found = text.match(new RegExp(`(?<!\\d)${shape}(?!\\d)`));

		if (found) return found[0].replace(/\D/g, "");
	}
	const bare = text.replace(new RegExp(GAP, "g"), "");
	return new RegExp(`^\\d{${digits}}$`).test(bare) ? bare : null;
}
