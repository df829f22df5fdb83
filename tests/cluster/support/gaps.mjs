import { until } from './kubectl.mjs';

/**
 * Counts, in the page, how long pictures and sound stood still: every 50 ms it asks the browser whether more frames were decoded and more sound arrived.
 * `gaps(visitor)` says the longest pauses in ms since the watch began.
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
    // A new connection counts from nothing: any change that is not standing still is news.
    if (frames !== watch.frames && frames > 0) watch.pictureAt = at;
    if (packets !== watch.packets && packets > 0) watch.soundAt = at;
    Object.assign(watch, { frames, packets });
  };
  watch.timer = setInterval(look, 50);
  globalThis.gapWatch = watch;
});

export const gaps = visitor => visitor.page.evaluate(() => ({ picture: Math.round(globalThis.gapWatch.picture), sound: Math.round(globalThis.gapWatch.sound) }));

/** The connections of the page as they are now, so that `sameConnections` can tell whether media was set up anew since. */
export const keepConnections = visitor => visitor.page.evaluate(() => { globalThis.kept = globalThis.connections.filter(one => one.connectionState === 'connected'); });

export const sameConnections = visitor => visitor.page.evaluate(() =>
  globalThis.kept.length > 0 && globalThis.kept.every(one => one.connectionState === 'connected') && globalThis.connections.filter(one => one.connectionState === 'connected').length === globalThis.kept.length);

/** Waits until they are all there and connected, and no other: on a busy machine one can be `disconnected` for a moment. One that was replaced never comes back. */
export const keepsConnections = (visitor, when) => until(() => sameConnections(visitor), `${when}: ${visitor.name}'s media goes on over the same connections`);
