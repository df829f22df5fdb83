/** From now on, finds in the page what a person would notice of an interruption. */
export const watchPage = visitor => visitor.page.evaluate(() => {
  const { MutationObserver, document, navigator } = globalThis;
  const shows = selector => document.querySelector(selector) !== null;
  const read = () => ({
    phase: document.querySelector('[data-testid=meeting]')?.dataset.phase ?? 'none',
    screen: shows('[data-testid=tile][data-source=screen]'),
    unreadable: shows('[data-testid=tile-not-decrypted]'),
    dialog: shows('[role=dialog], [role=alertdialog], dialog[open]'),
  });
  const seen = globalThis.noticed = { phases: [], screensBegun: 0, screensEnded: 0, unreadable: 0, dialogs: 0, captures: 0 };
  let before = read();
  const look = () => {
    const now = read();
    if (now.phase !== before.phase) seen.phases.push(now.phase);
    if (now.screen && !before.screen) seen.screensBegun++;
    if (!now.screen && before.screen) seen.screensEnded++;
    if (now.unreadable && !before.unreadable) seen.unreadable++;
    if (now.dialog && !before.dialog) seen.dialogs++;
    before = now;
  };
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-phase', 'data-testid', 'data-source', 'open', 'role'] });
  for (const method of ['getUserMedia', 'getDisplayMedia']) {
    const real = navigator.mediaDevices[method].bind(navigator.mediaDevices);
    navigator.mediaDevices[method] = (...args) => {
      seen.captures++;
      return real(...args);
    };
  }
});

/**
 * What a person has noticed since then: changes of the phase, how often a shared screen began and ended, how often tiles became unreadable (end-to-end encryption), dialogs, and how
 * often the page has asked for a camera, microphone or screen.
 */
export const noticed = visitor => visitor.page.evaluate(() => globalThis.noticed);

/** What nobody notices. */
export const nothing = { phases: [], screensBegun: 0, screensEnded: 0, unreadable: 0, dialogs: 0, captures: 0 };

/** From now on, finds how long the picture in a tile stands still. */
export const watchTile = tile => tile.evaluate(element => {
  const watch = element.tileWatch = { at: performance.now(), lookedAt: performance.now(), pause: 0, look: 0, shown: 0 };
  let [video, total] = [null, 0];
  const look = () => {
    const now = performance.now();
    watch.look = Math.max(watch.look, now - watch.lookedAt);
    watch.lookedAt = now;
    const current = element.querySelector('video[data-ready=true]'); // a new track has an element of its own
    const frames = current?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
    if (frames > 0 && (current !== video || frames !== total)) {
      watch.pause = Math.max(watch.pause, now - watch.at);
      Object.assign(watch, { at: now, shown: watch.shown + 1 });
      [video, total] = [current, frames];
    }
    if (element.isConnected) setTimeout(look, 20);
  };
  look();
});

/** The longest pause of the picture since then, up to now, and the longest time that the page could not look, in ms. */
export const tilePause = tile => tile.evaluate(({ tileWatch: { at, pause, look } }) => ({ pause: Math.round(Math.max(pause, performance.now() - at)), look: Math.round(look) }));
