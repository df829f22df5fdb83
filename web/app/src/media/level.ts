let context: AudioContext | null = null;

/** One for the page: browsers allow few. It sleeps until the person has done something on the page. */
export function audioContext(): AudioContext | null {
  if (typeof AudioContext === 'undefined') return null;
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume().catch(() => undefined);
  return context;
}

export interface LevelMeter {
  /** 0 to 1 on a scale that follows the ear. */
  read(): number;
  stop(): void;
}

export function meterOf(track: MediaStreamTrack): LevelMeter | null {
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

/** Root mean square in decibels, -60 dB (silent) to -10 dB (loud speech) spread over 0 to 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(Math.max(1e-12, sum / samples.length));
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Two soft notes, to hear whether the loudspeaker works. */
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

/** Chromium lets a page choose the loudspeaker of an audio context. */
export function routeTonesTo(deviceId: string): void {
  const audio = context as (AudioContext & { setSinkId?: (id: string) => Promise<void> }) | null;
  void audio?.setSinkId?.(deviceId).catch(() => undefined);
}
