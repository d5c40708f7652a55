// Where in the room's record: each seq is taken once, in order, in one epoch.

export class Log {
	epoch = "";
	last = 0; // the newest seq taken
	next = 0; // the one that should come; 0: any

	reset(epoch) { Object.assign(this, { epoch, last: 0, next: 0 }); }

	// "new", "gap" (others are missing before it) or "known".
	take(seq) {
		if (seq <= this.last) return "known";
		const gap = this.next && seq > this.next;
		this.last = seq;
		this.next = seq + 1;
		return gap ? "gap" : "new";
	}
}
