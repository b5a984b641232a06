// A bad network on demand. Every card's traffic passes a line (line.js), and every line asks here what happens to it.
//
// What is real and what is played: a cut really aborts the request or closes the socket, so the server sees a peer that
// went away. A lost answer did arrive in the browser; the page throws it away unread, and since no byte after a lost one
// can arrive over the same connection, that connection is aborted with it. A delay holds back what has arrived.

const lossShare = 0.25;
const longestDelay = 1500;

export class Network extends EventTarget {
  /// `whole`, `slow`, `lossy` or `down`.
  mode = "whole";

  /// Changes the mode; `down` cuts everything that is open and refuses what is new.
  change(mode) {
    const back = this.mode === "down" && mode !== "down";
    this.mode = mode;
    if (mode === "down") this.cut();
    if (back) this.dispatchEvent(new Event("back"));
    this.dispatchEvent(new Event("change"));
  }

  /// Ends every open connection; new ones succeed.
  cut() {
    this.dispatchEvent(new Event("cut"));
  }

  get isDown() {
    return this.mode === "down";
  }

  /// Whether this answer or message never reaches the page.
  loses() {
    return this.mode === "lossy" && Math.random() < lossShare;
  }

  /// Milliseconds by which this answer or message comes late.
  delay() {
    return this.mode === "slow" ? Math.random() * longestDelay : 0;
  }
}
