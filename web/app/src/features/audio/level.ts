let context: AudioContext | null = null;

/** The audio context of the page; browsers limit their number. It stays suspended until the first user gesture. */
export function audioContext(): AudioContext | null {
  if (typeof AudioContext === 'undefined') return null;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume().catch(() => undefined);
  return context;
}

export interface LevelMeter {
  /** Loudness from 0 to 1 on a logarithmic scale. */
  read(): number;
  stop(): void;
}

/** Null where the browser has no Web Audio. */
export function createLevelMeter(track: MediaStreamTrack): LevelMeter | null {
  const audio = audioContext();
  if (audio === null) return null;
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = 512;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read: () => {
      if (audio.state === 'suspended') void audio.resume().catch(() => undefined);
      analyser.getFloatTimeDomainData(samples);
      return loudness(samples);
    },
    stop: () => source.disconnect(),
  };
}

/** Root mean square in decibels; -60 dB (silence) to -10 dB (loud speech) map to 0 to 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(Math.max(1e-12, sum / samples.length));
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Plays two soft notes to test the speaker. */
export function playTone(): void {
  const audio = audioContext();
  if (audio === null) return;
  for (const [index, frequency] of [523.25, 659.25].entries()) {
    const start = audio.currentTime + index * 0.22;
    const gain = audio.createGain();
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.18, start + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
    const oscillator = audio.createOscillator();
    oscillator.frequency.value = frequency;
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + 0.45);
  }
}

/** Only Chromium has `setSinkId` on audio contexts. */
export function routeTonesTo(deviceId: string): void {
  const audio = context as (AudioContext & { setSinkId?: (id: string) => Promise<void> }) | null;
  void audio?.setSinkId?.(deviceId).catch(() => undefined);
}
