/** Plays two soft notes on the chosen speaker to test it. An empty ID means the default speaker. */
export function playTone(speakerId: string): void {
  if (typeof AudioContext === 'undefined') return;
  // Only Chromium has `setSinkId` on audio contexts.
  const audio = new AudioContext() as AudioContext & { setSinkId?: (id: string) => Promise<void> };
  if (speakerId !== '') void audio.setSinkId?.(speakerId).catch(() => undefined);
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
    // The second note ends last.
    if (index === 1) oscillator.onended = () => void audio.close().catch(() => undefined);
  }
}
