"""Posts, parsed once for all: everybody gets the same bytes, so a look-up does for the others."""

import json

from checker import Post


class Ledger:
    def __init__(self):
        self.epoch = None
        self.newest = 0
        self.left = {}  # name: seqs of "left" lines
        self._known = {}  # payload: Post
        self._older = {}

    def post(self, payload):
        """The Post of this frame; None: it is no post with a seq."""
        found = self._known.get(payload) or self._older.get(payload)
        if found or b'"seq"' not in payload:
            return found
        frame = json.loads(payload)
        if frame["type"] != 1 or "seq" not in frame:
            return None
        post = Post(
            frame["seq"], frame["user"]["name"], frame["text"], frame.get("id"), frame.get("event")
        )
        if len(self._known) > 20000:
            self._older, self._known = self._known, {}
        self._known[payload] = post
        self.newest = max(self.newest, post.seq)
        if post.event == "left":
            self.left.setdefault(post.name, set()).add(post.seq)
        return post
