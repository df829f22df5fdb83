import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rate = 48_000;
/** How long the noise is heard alone, and then with the voice. */
export const voiceSeconds = 3;

/** A file for Chromium's fake microphone, which repeats it, with a tone that never stops. It swells three times a second, because Opus may take an even tone for background noise and leave it
 * out (DTX). Whole seconds of whole frequencies repeat without a click. */
export const toneFile = () => soundFile(i => (0.3 + 0.1 * Math.sin(2 * Math.PI * 3 * i / rate)) * Math.sin(2 * Math.PI * 440 * i / rate));

/** The same with the noise of a fan (all frequencies, the low ones louder) for `voiceSeconds`, and then the noise and a voice: four syllables a second of a voiced sound. */
export const noisyVoiceFile = () => {
  let fan = 0;
  return soundFile(i => {
    fan = 0.9 * fan + 0.1 * (Math.random() * 2 - 1);
    return 0.3 * fan + (i < voiceSeconds * rate ? 0 : 0.5 * voice(i / rate));
  }, 2 * voiceSeconds);
};

/** Only the voice. Chromium marks packets with a voice, and the media nodes take other sounds of somebody with such packets for noise. */
export const voiceFile = () => soundFile(i => 0.5 * voice(i / rate), 1);

/** Harmonics of a pitch that falls with each syllable, loud around the formants of an open vowel. */
function voice(time) {
  const syllable = (time * 4) % 1;
  if (syllable > 0.7) return 0;
  const pitch = 130 - 20 * syllable;
  let sum = 0;
  for (let harmonic = 1; harmonic * pitch < 4_000; harmonic++) {
    const frequency = harmonic * pitch;
    const loudness = [700, 1_200, 2_600].reduce((all, formant) => all + Math.exp(-(((frequency - formant) / 200) ** 2)), 0.05) / harmonic ** 0.5;
    sum += loudness * Math.sin(2 * Math.PI * harmonic * (130 * syllable - 10 * syllable ** 2) / 4);
  }
  return 0.25 * sum * Math.sin(Math.PI * syllable / 0.7);
}

/** Writes a WAV file, mono at 48 kHz, of samples from -1 to 1. Returns its path and what removes it. */
async function soundFile(sampleAt, seconds = 10) {
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let i = 0; i < seconds * rate; i++) samples.writeInt16LE(Math.round(32_767 * sampleAt(i)), i * 2);
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
  const folder = await mkdtemp(join(tmpdir(), 'meet-sound-'));
  const path = join(folder, 'sound.wav');
  await writeFile(path, Buffer.concat([header, samples]));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
