// Who is here, who types, who came and went.

const TYPING_MS = 5000; // a notice is good for so long
const NAMED = 2; // of more than three
const sorted = (map) => new Map([...map].sort()); // new: it is seen

export class People {
	marks = new Map(); // name: mark
	coming = null; // the list that is being told
	typing = new Map(); // name: until (ms)
	count = 0;

	clear() { Object.assign(this, new People()); }
	ask() { this.coming = new Map(); }

	// A part of the list.  After whom to ask for more, or nothing.
	here({ here = [], more }) {
		this.coming ??= new Map();
		for (const { name, mark } of here) this.coming.set(name, mark);
		if (more) return here.at(-1)?.name;
		this.marks = sorted(this.coming);
		this.coming = null;
		this.count = this.marks.size;
	}

	hear({ name, mark = "", event, people }) {
		this.typing.delete(name);
		if (!event) return;
		for (const list of [this.marks, this.coming])
			if (event === "left") list?.delete(name);
			else list?.set(name, mark);
		this.marks = sorted(this.marks);
		this.count = people ?? this.marks.size;
	}

	types(name, now) { this.typing.set(name, now + TYPING_MS); }

	typers(now) {
		for (const [name, until] of this.typing) if (until < now) this.typing.delete(name);
		return [...this.typing.keys()];
	}
}

export const isolated = (name) => `\u2068${name}\u2069`;

// [{name: "ann"}, ", ", {name: "bob"}, " and 3 others"]
export function listed(names) {
	const others = names.length > NAMED + 1 ? names.length - NAMED : 0;
	const parts = names.slice(0, names.length - others).flatMap((name, i) =>
		[i > 0 && i === names.length - 1 ? " and " : ", ", { name }]).slice(1);

	return others ? [...parts, ` and ${others} others`] : parts;
}

// In a row: "ann, bob and 3 others entered, cat left".
export class Presence {
	did = { entered: new Set(), left: new Set() };

	add(name, event) {
		for (const names of Object.values(this.did)) names.delete(name);
		this.did[event]?.add(name);
	}

	parts() {
		return Object.entries(this.did).flatMap(([did, names]) =>
			names.size ? [", ", ...listed([...names]), ` ${did}`] : []).slice(1);
	}
}
