// The noise filter, in Chromium with a microphone that hears a fan, and a voice half of the time.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { launch } from './support/browser.mjs';
import { meetingRoom } from './support/meeting-room.mjs';
import { noisyVoiceFile, voiceSeconds } from './support/sound-file.mjs';
import { until } from './support/until.mjs';

const noise = await noisyVoiceFile();
after(() => noise.remove());
const room = meetingRoom(() => launch([`--use-file-for-fake-audio-capture=${noise.path}`]));

/** Runs in the page: the ID of the track of sound that is sent. */
const sentTrack = () => globalThis.connections.filter(connection => connection.connectionState === 'connected')
  .flatMap(connection => connection.getSenders()).find(sender => sender.track?.kind === 'audio')?.track.id;

/** Runs in the page: the loudness of the sound that is sent, in decibels: of its quietest and of its loudest half second while the voice begins and ends. The first second is left out. */
const sentLevels = async seconds => {
  const { track } = globalThis.connections.filter(connection => connection.connectionState === 'connected')
    .flatMap(connection => connection.getSenders()).find(sender => sender.track?.kind === 'audio');
  const context = new AudioContext({ sampleRate: 48_000 });
  const analyser = new AnalyserNode(context, { fftSize: 32_768 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(24_000);
  const levels = [];
  for (let half = 0; half < 2 * (seconds + 1); half++) {
    await new Promise(resolve => setTimeout(resolve, 500));
    analyser.getFloatTimeDomainData(samples);
    levels.push(10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 1e-12) / samples.length));
  }
  await context.close();
  return { quiet: Math.min(...levels.slice(2)), loud: Math.max(...levels.slice(2)) };
};

describe('the noise filter', () => {
  it('is turned on and off during a meeting without a new connection, removes the noise of a fan and keeps the voice', { timeout: 180_000 }, async t => {
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob) => {
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForSound()]);
      const connections = await ada.page.evaluate(() => globalThis.connections.length);
      const before = await ada.page.evaluate(sentLevels, 2 * voiceSeconds);
      const toggle = async () => {
        const track = await ada.page.evaluate(sentTrack);
        await ada.page.getByTestId('filter-noise').click();
        await until(async () => await ada.page.evaluate(sentTrack) !== track, 'another track is sent', 30_000);
      };

      await ada.page.getByTestId('open-devices').click();
      await toggle();
      const filtered = await ada.page.evaluate(sentLevels, 2 * voiceSeconds);
      const text = ({ quiet, loud }) => `noise ${quiet.toFixed(1)} dB, voice ${loud.toFixed(1)} dB`;
      t.diagnostic(`without the filter ${text(before)}; with it ${text(filtered)}`);
      assert.ok(filtered.quiet < before.quiet - 15, text(filtered));
      assert.ok(filtered.loud > before.loud - 15 && filtered.loud > filtered.quiet + 10, text(filtered));
      assert.equal(await ada.page.getByRole('status').filter({ hasText: 'noise filter' }).count(), 0);

      await toggle();
      const again = await ada.page.evaluate(sentLevels, 2 * voiceSeconds);
      assert.ok(Math.abs(again.quiet - before.quiet) < 3, text(again));
      assert.equal(await ada.page.evaluate(() => globalThis.connections.length), connections);
      await bob.waitForSound();
    });
  });
});
