import { until } from '../../e2e/support/visitor.mjs';

/** What the browser has decoded so far, and the remote addresses of its connections. */
export function received(person) {
  return person.page.evaluate(async () => {
    const found = { frames: 0, energy: 0, level: 0, remotes: [] };
    for (const connection of globalThis.connections) {
      if (connection.connectionState !== 'connected') continue;
      const stats = await connection.getStats();
      stats.forEach(record => {
        if (record.type === 'inbound-rtp' && record.kind === 'video') found.frames += record.framesDecoded ?? 0;
        if (record.type === 'inbound-rtp' && record.kind === 'audio') {
          found.energy += record.totalAudioEnergy ?? 0;
          found.level = Math.max(found.level, record.audioLevel ?? 0);
        }
        if (record.type === 'transport' && record.selectedCandidatePairId) {
          const remote = stats.get(stats.get(record.selectedCandidatePairId).remoteCandidateId);
          found.remotes.push(`${remote.address ?? remote.ip}:${remote.port}`);
        }
      });
    }
    return found;
  });
}

/** Waits until the browser has decoded more video and sound; returns the differences. */
export async function waitForVideoAndSound(person, moreFrames = 15) {
  const before = await received(person);
  let now = before;
  let loudest = 0;
  await until(async () => {
    now = await received(person);
    loudest = Math.max(loudest, now.level);
    return now.frames - before.frames >= moreFrames && now.energy - before.energy > 1e-4 && loudest > 0.01;
  }, `${person.name} receives video and sound`, 60_000);
  return { frames: now.frames - before.frames, energy: now.energy - before.energy, loudest, remotes: now.remotes };
}
