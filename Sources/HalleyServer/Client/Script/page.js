// What happens to the page: seen, hidden, left, brought back from the cache; and the network comes back.

// Returns a function that stops listening.
export function watchPage({ wake, pause, resume }, pauseAfter) {
  const stop = new AbortController();
  const { signal } = stop;
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      resume();
      wake(false);
    } else if (pauseAfter < 2 ** 31) {
      timer = setTimeout(() => pause("Paused while the page is hidden"), pauseAfter);
    }
  };
  addEventListener("online", () => wake(true), { signal });
  addEventListener("pagehide", () => pause("Paused while the page is away"), { signal });
  addEventListener("pageshow", (event) => event.persisted && resume(), { signal });
  document.addEventListener("visibilitychange", look, { signal });
  if (document.visibilityState === "hidden") look();
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
}
