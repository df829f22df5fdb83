/** Polls until the condition is true; rejects with the description of the condition after `within` milliseconds. */
export async function until(condition, what, within = 60_000, pause = 200) {
  const deadline = Date.now() + within;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`Timed out after ${within / 1000} s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}
