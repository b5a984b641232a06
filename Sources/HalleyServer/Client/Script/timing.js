// Waiting, measured and spread.

export const now = () => performance.now();

// Full jitter: after a restart thousands of clients must not come back in step.
export const backoff = (attempt, base = 500, cap = 20_000) => Math.random() * Math.min(cap, base * 2 ** attempt);

export const sleep = (milliseconds, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });

// Calls `silent` once `line.heard + line.limit` has passed. Judged only after a timer that may have fired late, after
// the machine has slept say, has let events run that wait behind it.
export function watch(line, silent) {
  const look = (again) => {
    const left = line.heard + line.limit - now();
    line.timer = setTimeout(look, Math.max(left, 200), left <= 0);
    if (left <= 0 && again) silent();
  };
  line.heard = now();
  look();
}
