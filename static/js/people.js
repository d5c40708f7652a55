// Who is here, as far as this page was told, with their identity marks; and who types.

const TYPING_MS = 5000; // a notice is good for so long

export class People {
	marks = new Map(); // name: mark
	coming = null; // the list that is being told
	typing = new Map(); // name: until (ms)
	count = 0;

	clear() { Object.assign(this, new People()); }
	ask() { this.coming = new Map(); }

	// A part of the list.  The name after which to ask for more, or nothing.
	here({ here = [], more }) {
		this.coming ??= new Map();
		for (const { name, mark } of here) this.coming.set(name, mark);
		if (more) return here.at(-1)?.name;
		this.marks = this.coming;
		this.coming = null;
		this.count = this.marks.size;
	}

	// A post tells of its speaker.
	hear({ name, mark = "", event, people }) {
		this.typing.delete(name);
		if (!event) return;
		for (const list of [this.marks, this.coming])
			if (event === "left") list?.delete(name);
			else list?.set(name, mark);
		this.count = people ?? this.marks.size;
	}

	types(name, now) { this.typing.set(name, now + TYPING_MS); }

	typers(now) {
		for (const [name, until] of this.typing) if (until < now) this.typing.delete(name);
		return [...this.typing.keys()];
	}
}
