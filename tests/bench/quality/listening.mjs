// What a person hears, measured on the thread of the page's sound, so that a busy page does not count as silence.

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
