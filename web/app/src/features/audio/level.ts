export interface LevelMeter {
  /** Loudness over at least the last interval, from 0 to 1 on a logarithmic scale. */
  read(): number;
  /** Releases the meter, which must not be read afterwards. */
  stop(): void;
}

/** `sinkId` is not in the DOM types of TypeScript. Browsers other than Chromium ignore it. */
type Options = AudioContextOptions & { sinkId?: { type: 'none' } };

/**
 * A meter that is read every `intervalMs` (at most 600). Null where the browser has no Web Audio. A meter plays nothing, so it needs no output device and no low latency; without them, it uses less of the battery.
 * Browsers keep audio contexts suspended until the first user gesture, and limit their number, so each meter closes its own.
 */
export function createLevelMeter(track: MediaStreamTrack, intervalMs: number): LevelMeter | null {
  if (typeof AudioContext === 'undefined') return null;
  const options: Options = { sinkId: { type: 'none' }, latencyHint: 'playback' };
  const audio = new AudioContext(options);
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = windowSize(audio.sampleRate, intervalMs);
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read: () => {
      if (audio.state === 'suspended') void audio.resume().catch(() => undefined);
      analyser.getFloatTimeDomainData(samples);
      return loudness(samples);
    },
    stop: () => void audio.close().catch(() => undefined),
  };
}

/** The number of samples that cover the interval, as a power of two: the size of an analyser. */
export const windowSize = (sampleRate: number, intervalMs: number): number => Math.min(32_768, 2 ** Math.ceil(Math.log2((sampleRate * intervalMs) / 1_000)));

/** Root mean square in decibels; -60 dB (silence) to -10 dB (loud speech) map to 0 to 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(Math.max(1e-12, sum / samples.length));
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}
