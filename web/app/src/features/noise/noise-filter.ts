/** A track of sound that was made from another one. */
export interface FilteredTrack {
  readonly track: MediaStreamTrack;
  /** Ends the filter and its track. The other track goes on. */
  stop(): void;
}

/** RNNoise knows this rate only. */
const sampleRate = 48_000;

/**
 * Removes noise from speech with RNNoise, in an audio worklet of this origin, which is loaded with the first use. It delays the sound by about 20 ms. Rejects where the browser
 * cannot do that, as when the microphone has another rate than 48 kHz in Firefox.
 */
export async function filterNoise(source: MediaStreamTrack): Promise<FilteredTrack> {
  const [{ loadRnnoise, RnnoiseWorkletNode }, worklet, wasm, simd] = await Promise.all([
    import('@sapphi-red/web-noise-suppressor'),
    import('@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url'),
    import('@sapphi-red/web-noise-suppressor/rnnoise.wasm?url'),
    import('@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url'),
  ]);
  const audio = new AudioContext({ sampleRate, latencyHint: 'interactive' });
  const ends = new AbortController();
  try {
    const wasmBinary = await loadRnnoise({ url: wasm.default, simdUrl: simd.default });
    await audio.audioWorklet.addModule(worklet.default);
    const filter = new RnnoiseWorkletNode(audio, { maxChannels: 1, wasmBinary });
    const output = new MediaStreamAudioDestinationNode(audio, { channelCount: 1 });
    const input = audio.createMediaStreamSource(new MediaStream([source]));
    input.connect(filter).connect(output);
    resumeWithGesture(audio, ends.signal);
    const [track] = output.stream.getAudioTracks();
    if (track === undefined) throw new Error('The audio destination has no track.');
    return {
      track,
      stop: () => {
        ends.abort();
        input.disconnect();
        track.stop();
        filter.destroy();
        void audio.close().catch(() => undefined);
      },
    };
  } catch (error) {
    void audio.close().catch(() => undefined);
    throw error;
  }
}

/** Browsers keep an audio context suspended until the first gesture. */
function resumeWithGesture(audio: AudioContext, signal: AbortSignal): void {
  const resume = () => {
    if (audio.state === 'suspended') void audio.resume().catch(() => undefined);
  };
  for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, resume, { signal });
  resume();
}
