// Where this page is in the room's record: each seq is taken once, in order, within one
// epoch.  The posts themselves are kept by the view.

export class Log {
	constructor() {
		this.reset("");
	}

	reset(epoch) {
		this.epoch = epoch;
		this.last = 0; // the newest seq taken; 0: none
		this.next = 0; // the seq that should come next; 0: any
	}

	// Takes a post: "new", "gap" (new, but others before it are missing) or "known".
	take(seq) {
		if (seq <= this.last)
			return "known";
		const gap = this.next !== 0 && seq > this.next;
		this.last = seq;
		this.next = seq + 1;
		return gap ? "gap" : "new";
	}
}
