import { until } from './until.mjs';

/** Runs in the page before its scripts: `globalThis.playedTrack()` is the track of the other participant's microphone that the page plays. */
export const findTracks = () => {
  globalThis.playedTrack = () => document.querySelector('audio')?.srcObject?.getAudioTracks()[0] ?? null;
};

/** Runs in the page: from now on, `globalThis.loud` has the times, in ms since 1970, of all pieces of 10 ms in which the other participant is heard. */
export const listen = () => {
  globalThis.loud = [];
  const track = globalThis.playedTrack();
  void new MediaStreamTrackProcessor({ track: track.clone() }).readable.pipeTo(new WritableStream({
    write(data) {
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      data.close();
      if (samples.some(sample => Math.abs(sample) > 0.05)) globalThis.loud.push(performance.timeOrigin + performance.now());
    },
  }));
};

/** Turns the microphone of a page on, and returns after how many ms the page of a listener, on which `listen` has run, plays something of it. */
export async function unmuteAndListen(speaker, listener) {
  await listener.evaluate(() => { globalThis.loud = []; });
  const began = await speaker.evaluate(() => {
    document.querySelector('[data-testid=control-microphone][aria-pressed=false]').click();
    return performance.timeOrigin + performance.now();
  });
  await until(async () => (await listener.evaluate(() => globalThis.loud.length)) >= 30, 'what is said after an unmute is heard', 10_000);
  return Math.round((await listener.evaluate(() => globalThis.loud[0])) - began);
}

/** Runs in the page: how loud what it plays is, from 0 to 1, at most within a second. */
export const playedLevel = async () => {
  const audio = new AudioContext();
  await audio.resume();
  const analysers = [...document.querySelectorAll('audio')].filter(({ srcObject }) => srcObject !== null).map(({ srcObject }) => {
    const analyser = audio.createAnalyser();
    audio.createMediaStreamSource(srcObject).connect(analyser);
    return analyser;
  });
  let loudest = 0;
  for (const end = performance.now() + 1_000; performance.now() < end;) {
    await new Promise(resolve => setTimeout(resolve, 20));
    for (const analyser of analysers) {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    }
  }
  await audio.close();
  return loudest;
};
