// What the page remembers of its person: {name, token}; {name, email, ticket} of a login
// that waits for its code; {epoch, seq} of the last post seen; {email, proof} of the login.

const FACTS = ["session", "login", "seen", "proven"];
const SEEN_EVERY_MS = 1000; // not a write per post

export class Session {
	savedAt = -Infinity;

	constructor(store) {
		this.store = store;
		for (const fact of FACTS) this[fact] = store.get(`plume.${fact}`);
		if (this.token) this.login = null; // of another tab
	}

	get token() { return this.session?.token ?? null; }
	get ticket() { return this.login?.ticket ?? null; }
	get name() { return this.login?.name ?? this.session?.name ?? ""; }
	get email() { return this.login?.email ?? this.proven?.email ?? ""; }

	// Not over another tab's login.
	typed(name, email) {
		if (!this.store.get("plume.login")?.ticket) this.ask(name, email);
	}

	ask(name, email, ticket = null) { this.#keep("login", { name, email, ticket }); }

	// A secret by which the code can be given once more.
	claim(newClaim) {
		if (!this.login.claim) this.#keep("login", { ...this.login, claim: newClaim() });
		return this.login.claim;
	}

	proof(email) { return this.proven?.email === email ? this.proven.proof : undefined; }

	loseTicket() {
		this.old = this.login;
		this.ask(this.name, this.email);
	}

	// The same wish has its ticket still.
	again(name, email) {
		const old = this.old ?? this.store.get("plume.login");

		this.ask(name, email, old?.name === name && old.email === email ? old.ticket : null);
	}

	// True: it follows somebody else's.
	begin(name, token, proof) {
		const other = this.session && this.session.name !== name;

		if (other) this.#keep("seen", null);
		if (proof && this.login) this.#keep("proven", { email: this.login.email, proof });
		this.#keep("session", { name, token: token ?? this.token });
		this.#keep("login", null);
		return other;
	}

	// Another tab may have a newer one.
	end() {
		if (!this.token) return;
		const ours = this.#isOurs();
		this.session = { name: this.session.name, token: null };
		if (ours) this.#keep("session", this.session);
	}

	// Signed out: nothing of ours stays.
	forget() {
		const ours = this.#isOurs();

		for (const fact of FACTS)
			if (ours) this.#keep(fact, null);
			else this[fact] = null;
	}

	saw(epoch, seq, now) {
		this.seen = { epoch, seq };
		if (now - this.savedAt >= SEEN_EVERY_MS) this.save(now);
	}

	save(now) {
		this.savedAt = now;
		this.#keep("seen", this.seen);
	}

	#isOurs() { return this.store.get("plume.session")?.token === this.token; }

	#keep(fact, value) {
		this[fact] = value;
		if (value === null) this.store.remove(`plume.${fact}`);
		else this.store.set(`plume.${fact}`, value);
	}
}
