// What the page remembers of its person: the session (name, token), the login that waits
// for its code (name, email, ticket), and how far the room has been seen (epoch, seq).

const SESSION = "plume.session";
const LOGIN = "plume.login";
const SEEN = "plume.seen";
const SEEN_EVERY_MS = 1000; // a busy room must not mean a write per post

export { SESSION as SESSION_KEY };

export class Session {
	constructor(store) {
		this.store = store;
		this.session = store.get(SESSION);
		this.login = store.get(LOGIN);
		this.seen = store.get(SEEN);
		this.savedAt = -Infinity;
	}

	get token() {
		return this.session?.token ?? null;
	}

	get ticket() {
		return this.login?.ticket ?? null;
	}

	get name() {
		return this.login?.name ?? this.session?.name ?? "";
	}

	get email() {
		return this.login?.email ?? "";
	}

	// A code was asked for; ticket is null until the room answers.
	ask(name, email, ticket = null) {
		this.login = { name, email, ticket };
		this.store.set(LOGIN, this.login);
	}

	// By what the room knows this browser again, should the answer to its code be lost.
	claim(newClaim) {
		if (this.login.claim === undefined) {
			this.login.claim = newClaim();
			this.store.set(LOGIN, this.login);
		}
		return this.login.claim;
	}

	// The login is no longer good; who asked stays, for the next try.
	loseTicket() {
		if (this.login !== null)
			this.ask(this.login.name, this.login.email);
	}

	begin(name, token) {
		if (this.session !== null && this.session.name !== name)
			this.#forgetSeen();
		this.session = { name, token: token ?? this.token };
		this.store.set(SESSION, this.session);
		this.login = null;
		this.store.remove(LOGIN);
	}

	// The token is no longer good; name and place stay, for the next login.
	end() {
		if (this.session !== null)
			this.session = { name: this.session.name, token: null };
		this.store.set(SESSION, this.session);
	}

	// Signed out: nothing stays.
	forget() {
		this.session = this.login = null;
		this.store.remove(SESSION);
		this.store.remove(LOGIN);
		this.#forgetSeen();
	}

	saw(epoch, seq, now) {
		this.seen = { epoch, seq };
		if (now - this.savedAt >= SEEN_EVERY_MS)
			this.save(now);
	}

	save(now) {
		this.savedAt = now;
		if (this.seen !== null)
			this.store.set(SEEN, this.seen);
	}

	#forgetSeen() {
		this.seen = null;
		this.store.remove(SEEN);
	}
}
