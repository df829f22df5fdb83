/** From now on, finds in the page how long the picture and the sound of others pause, in ms, over all connections of the page. */
export const watchPauses = visitor => visitor.page.evaluate(() => {
  const now = performance.now();
  const watch = { pictureAt: now, soundAt: now, lookedAt: now, picture: 0, sound: 0, look: 0, slowest: 0 };
  const totals = new Map();
  const look = async () => {
    const begun = performance.now();
    watch.look = Math.max(watch.look, begun - watch.lookedAt);
    watch.lookedAt = begun;
    for (const connection of globalThis.connections) {
      if (connection.connectionState === 'closed') continue;
      let [frames, samples] = [0, 0];
      (await connection.getStats()).forEach(record => {
        if (record.type !== 'inbound-rtp') return;
        if (record.kind === 'video') frames += record.framesDecoded ?? 0;
        else samples += (record.totalSamplesReceived ?? 0) - (record.silentConcealedSamples ?? 0) - (record.concealedSamples ?? 0);
      });
      const at = performance.now();
      const before = totals.get(connection) ?? { frames: 0, samples: 0 };
      if (frames > before.frames) [watch.picture, watch.pictureAt] = [Math.max(watch.picture, at - watch.pictureAt), at];
      if (samples > before.samples) [watch.sound, watch.soundAt] = [Math.max(watch.sound, at - watch.soundAt), at];
      totals.set(connection, { frames, samples });
    }
    watch.slowest = Math.max(watch.slowest, performance.now() - begun);
    if (globalThis.pauses === watch) setTimeout(look, 20);
  };
  globalThis.pauses = watch;
  void look();
});

/** The longest pauses since then, and how long a look at the figures took, in ms. */
export const pauses = visitor => visitor.page.evaluate(() => ({ picture: Math.round(globalThis.pauses.picture), sound: Math.round(globalThis.pauses.sound), look: Math.round(globalThis.pauses.look), slowest: Math.round(globalThis.pauses.slowest) }));
