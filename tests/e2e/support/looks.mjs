/**
 * Runs in the page before its scripts: timers of 20 s or more, with which the page waits until it looks for a better path, take so many times as long. The look that follows a sign of another network comes
 * sooner, and as soon as ever.
 */
export const stretchLooks = factor => {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (run, ms = 0, ...more) => real(run, ms >= 20_000 ? ms * factor : ms, ...more);
};
