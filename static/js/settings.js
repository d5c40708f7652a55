// What the person chose, and the notices.

import { action } from "./command.js";
import { client, find, on, put } from "./dom.js";
import { kept } from "./storage.js";

const KEY = "plume.settings";
const dialog = find("settings");

export const chosen = { typing: true, ...kept.get(KEY) };

for (const key of ["typing", "notify", "sound"]) {
	const box = find(`set-${key}`);

	box.checked = chosen[key];
	on(box, "change", async () => {
		const may = key !== "notify" || !box.checked ||
			await globalThis.Notification?.requestPermission() === "granted";

		put("settings-error", may ? "" : "This browser does not allow it.");
		chosen[key] = box.checked &&= may;
		kept.set(KEY, chosen);
	});
}
on(find("you"), "click", () => dialog.showModal());
for (const id of ["sign-out", "everywhere"])
	on(find(id), "click", () => {
		dialog.close();
		client.signOut(id === "everywhere");
	});

export function post({ name, text }, calls) {
	if (!document.hidden) return;
	try {
		if (chosen.sound) beep();
		if (chosen.notify)
			new Notification(calls ? `${name} calls you` : name,
				{ body: (action(text) ?? text).slice(0, 200), tag: "plume" });
	} catch {
		// phones know them otherwise
	}
}

function beep() {
	const audio = new AudioContext();
	const tone = audio.createOscillator();

	tone.connect(audio.destination);
	tone.onended = () => audio.close();
	tone.start();
	tone.stop(.12);
}
