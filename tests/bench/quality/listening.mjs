// What a person hears, measured on the thread of the page's sound, so that a busy page does not count as silence.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file with a tone that never stops, for Chromium's fake microphone, and what removes it. */
export async function toneFile() {
  const folder = await mkdtemp(join(tmpdir(), 'meet-tone-'));
  const path = join(folder, 'tone.wav');
  await writeFile(path, toneOf(10, 440));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A WAV file, mono at 48 kHz. Whole seconds of a whole frequency repeat without a click. */
function toneOf(seconds, frequency) {
  const rate = 48_000;
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let i = 0; i < seconds * rate; i++) samples.writeInt16LE(Math.round(12_000 * Math.sin(2 * Math.PI * frequency * i / rate)), i * 2);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

/**
 * Runs in the page: `globalThis.heard.silence` is the longest time, in ms, in which the first other participant was not heard. What the page plays changes with its first
 * audio element. The analyser keeps two thirds of a second, so that a late look misses nothing; a longer silence counts as that.
 */
export const listen = () => {
  const context = new AudioContext({ sampleRate: 48_000 });
  const analyser = new AnalyserNode(context, { fftSize: 32_768 });
  const mute = new GainNode(context, { gain: 0 });
  analyser.connect(mute).connect(context.destination);
  const samples = new Float32Array(analyser.fftSize);
  const block = 240;
  globalThis.heard = { silence: 0, track: null };
  let source = null;
  setInterval(() => {
    const track = document.querySelector('audio')?.srcObject?.getAudioTracks()[0] ?? null;
    if (track === globalThis.heard.track) return;
    source?.disconnect();
    source = track === null ? null : context.createMediaStreamSource(new MediaStream([track]));
    source?.connect(analyser);
    globalThis.heard.track = track;
  }, 5);
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let run = 0;
    for (let start = 0; start + block <= samples.length; start += block) {
      const isSilent = samples.subarray(start, start + block).every(sample => Math.abs(sample) < 0.005);
      run = isSilent ? run + block : 0;
      globalThis.heard.silence = Math.max(globalThis.heard.silence, run / 48);
    }
  }, 150);
};

/** Runs in the page: the longest silence since the last call. A silence may last until the next look. */
export const takeSilence = () => {
  const { silence } = globalThis.heard;
  globalThis.heard.silence = 0;
  return silence;
};
