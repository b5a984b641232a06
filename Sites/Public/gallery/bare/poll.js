// Polling with fetch: ask, take what is new, ask again from there.

const json = (line) => (text) => line.answer(JSON.parse(text));

/// Answered at once, mostly with nothing. `t` defeats caches that ignore `no-store`; the server ignores it.
export async function shortPoll(line) {
  const answer = await fetch(line.get({ transport: "poll", hold: 0, t: Date.now() }), { signal: line.signal });
  line.head(answer);
  line.hear(await answer.text(), json(line));
}

/// Held until there is something to say. The first one is not held: its answer brings the cursor, and without a cursor
/// a lost answer would lose the place.
export async function longPoll(line) {
  const hold = line.cursor ? undefined : 0;
  const answer = await fetch(line.get({ transport: "poll", hold }), { signal: line.signal, cache: "no-store" });
  line.head(answer);
  line.hear(await answer.text(), json(line));
}
