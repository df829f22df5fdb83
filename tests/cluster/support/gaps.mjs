import { until } from './kubectl.mjs';

/**
 * Measures in the page how long video and sound pause: every 200 ms, the interval of the frames, it checks whether the browser has decoded more frames and received more sound.
 * `gaps(visitor)` returns the longest pauses in milliseconds since the start.
 */
export const watchGaps = visitor => visitor.page.evaluate(() => {
  globalThis.clearInterval(globalThis.gapWatch?.timer);
  const now = performance.now();
  const watch = { frames: -1, packets: -1, pictureAt: now, soundAt: now, picture: 0, sound: 0 };
  const look = async () => {
    let [frames, packets] = [0, 0];
    for (const connection of globalThis.connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach(record => {
        if (record.type !== 'inbound-rtp') return;
        if (record.kind === 'video') frames += record.framesDecoded ?? 0;
        else packets += record.packetsReceived ?? 0;
      });
    }
    const at = performance.now();
    watch.picture = Math.max(watch.picture, at - watch.pictureAt);
    watch.sound = Math.max(watch.sound, at - watch.soundAt);
    // The counters of a new connection start at zero, so every change counts as progress.
    if (frames !== watch.frames && frames > 0) watch.pictureAt = at;
    if (packets !== watch.packets && packets > 0) watch.soundAt = at;
    Object.assign(watch, { frames, packets });
  };
  watch.timer = setInterval(look, 200);
  globalThis.gapWatch = watch;
});

export const gaps = visitor => visitor.page.evaluate(() => ({ picture: Math.round(globalThis.gapWatch.picture), sound: Math.round(globalThis.gapWatch.sound) }));

/** Stores the current connections of the page, for `sameConnections`. */
export const keepConnections = visitor => visitor.page.evaluate(() => { globalThis.kept = globalThis.connections.filter(one => one.connectionState === 'connected'); });

/** Whether the connected connections of the page are exactly the stored ones. */
export const sameConnections = visitor => visitor.page.evaluate(() =>
  globalThis.kept.length > 0 && globalThis.kept.every(one => one.connectionState === 'connected') && globalThis.connections.filter(one => one.connectionState === 'connected').length === globalThis.kept.length);

/** Waits until the stored connections, and no others, are connected. On a busy machine, a connection can be `disconnected` for a moment; a replaced one never returns. */
export const keepsConnections = (visitor, when) => until(() => sameConnections(visitor), `${when}: ${visitor.name} keeps the same media connections`);
