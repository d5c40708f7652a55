// Those who came and went in a row, as one line: "ann, bob and 3 others entered".

const NAMED = 2; // of more than three

// [{name: "ann"}, ", ", {name: "bob"}, " and 3 others"]
export function listed(names) {
	const others = names.length > NAMED + 1 ? names.length - NAMED : 0;
	const parts = names.slice(0, names.length - others).flatMap((name, i) =>
		[i > 0 && i === names.length - 1 ? " and " : ", ", { name }]).slice(1);

	return others ? [...parts, ` and ${others} others`] : parts;
}

export class Presence {
	did = { entered: new Set(), left: new Set() };

	// What somebody did last counts.
	add(name, event) {
		for (const names of Object.values(this.did)) names.delete(name);
		this.did[event]?.add(name);
	}

	// Strings and {name}s of one sentence.
	parts() {
		return Object.entries(this.did).flatMap(([did, names]) =>
			names.size ? [", ", ...listed([...names]), ` ${did}`] : []).slice(1);
	}
}
