// What a person hears, measured on the thread of the page's sound, so that a busy page does not count as silence.

/**
 * Runs in the page: `globalThis.heard.silence` is the longest time, in ms, in which the other participant was not heard, and `globalThis.heard.track` what is heard. The page mutes an audio
 * element that is to take over from another one. The analyser keeps two thirds of a second, so that a late look misses nothing; a longer silence counts as that.
 */
export const listen = () => {
  const context = new AudioContext({ sampleRate: 48_000 });
  const analyser = new AnalyserNode(context, { fftSize: 32_768 });
  const mute = new GainNode(context, { gain: 0 });
  analyser.connect(mute).connect(context.destination);
  const samples = new Float32Array(analyser.fftSize);
  const block = 240;
  globalThis.heard = { silence: 0, track: null };
  const played = new Map();
  setInterval(() => {
    const elements = [...document.querySelectorAll('audio')];
    for (const [element, { track, source, gain }] of played) {
      if (elements.includes(element) && element.srcObject?.getAudioTracks()[0] === track) {
        gain.gain.value = element.muted ? 0 : 1;
        continue;
      }
      source.disconnect();
      gain.disconnect();
      played.delete(element);
    }
    for (const element of elements) {
      const track = element.srcObject?.getAudioTracks()[0];
      if (track === undefined || played.has(element)) continue;
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const gain = new GainNode(context, { gain: element.muted ? 0 : 1 });
      source.connect(gain).connect(analyser);
      played.set(element, { track, source, gain });
    }
    globalThis.heard.track = [...played].find(([element]) => !element.muted)?.[1].track ?? null;
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
