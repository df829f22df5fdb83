/** Plays two soft notes on the chosen speaker to test it. An empty ID means the default speaker. */
export function playTone(speakerId: string): void {
  if (typeof AudioContext === 'undefined') return;
  // Only Chromium has the option, and the DOM types of TypeScript do not. An unknown speaker means the default one.
  const audio = new AudioContext({ sinkId: speakerId } as AudioContextOptions);
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
