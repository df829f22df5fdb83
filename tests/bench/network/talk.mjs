import { until } from '../../e2e/support/visitor.mjs';

const tone = 0.1;
const beep = 0.5;
const beepMs = 100;
const everyMs = 1_000;

/** Runs in the page before its scripts: the microphone hears a low tone without a pause and, about once a second, a loud beep. `globalThis.said` has when each beep began, in ms since 1970. */
export const talk = ({ tone, beep, beepMs, everyMs }) => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  globalThis.said = [];
  devices.getUserMedia = async asked => {
    const stream = await open(asked);
    if (!asked.audio) return stream;
    const context = new AudioContext({ sampleRate: 48_000 });
    const output = context.createMediaStreamDestination();
    const oscillator = new OscillatorNode(context, { frequency: 700 });
    const gain = new GainNode(context, { gain: tone });
    oscillator.connect(gain).connect(output);
    oscillator.start();
    setInterval(() => {
      globalThis.said.push(performance.timeOrigin + performance.now());
      gain.gain.value = beep;
      setTimeout(() => { gain.gain.value = tone; }, beepMs);
    }, everyMs);
    return new MediaStream([...output.stream.getAudioTracks(), ...stream.getVideoTracks()]);
  };
};
export const talking = { tone, beep, beepMs, everyMs };

/**
 * Runs in the page: listens for some seconds to what it plays of the other participant. `heard` has when each beep began, in ms since 1970, at most 22 ms late; `silent` is the share of the time in which
 * nothing was played, and `concealed` the share of the samples that the browser made up on its own.
 */
const listen = async ({ seconds, tone, beep, everyMs }) => {
  const element = [...document.querySelectorAll('audio')].find(({ srcObject }) => srcObject?.getAudioTracks().some(({ readyState, muted }) => readyState === 'live' && !muted));
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const source = context.createMediaStreamSource(element.srcObject);
  const meter = context.createScriptProcessor(512, 1, 1);
  const madeUp = async () => {
    const sums = { samples: 0, concealed: 0 };
    for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
      (await connection.getStats()).forEach(record => {
        if (record.type !== 'inbound-rtp' || record.kind !== 'audio') return;
        sums.samples += record.totalSamplesReceived ?? 0;
        sums.concealed += record.concealedSamples ?? 0;
      });
    }
    return sums;
  };
  const heard = [];
  let [pieces, silent, wasLoud] = [0, 0, true];
  const before = await madeUp();
  meter.onaudioprocess = ({ inputBuffer }) => {
    const samples = inputBuffer.getChannelData(0);
    for (let at = 0; at < samples.length; at += 128) {
      pieces++;
      if (!samples.subarray(at, at + 128).some(sample => Math.abs(sample) > tone / 4)) silent++;
    }
    const isLoud = samples.some(sample => Math.abs(sample) > (tone + beep) / 2);
    const now = performance.timeOrigin + performance.now();
    // A gap within a beep begins no other one.
    if (isLoud && !wasLoud && now - (heard.at(-1) ?? 0) > everyMs / 2) heard.push(now);
    wasLoud = isLoud;
  };
  source.connect(meter).connect(context.destination);
  await new Promise(resolve => setTimeout(resolve, seconds * 1_000));
  meter.onaudioprocess = null;
  await context.close();
  const after = await madeUp();
  const samples = after.samples - before.samples;
  return { heard, silent: silent / pieces, concealed: samples === 0 ? 0 : (after.concealed - before.concealed) / samples };
};

/** Two people talk for some seconds. For each: how long every beep of the other took until it was heard, in ms, and the share of the sound that was missing or made up, 0 to 1. */
export async function hearEachOther(people, seconds) {
  await until(async () => (await Promise.all(people.map(({ page }) => page.evaluate(() => globalThis.said.length)))).every(beeps => beeps >= 3), 'both talk');
  const results = await Promise.all(people.map(({ page }) => page.evaluate(listen, { seconds, tone, beep, everyMs })));
  const said = await Promise.all(people.map(({ page }) => page.evaluate(() => globalThis.said)));
  return results.map(({ heard, silent, concealed }, index) => ({
    delays: heard.map(at => at - Math.max(...said[1 - index].filter(began => began <= at))).filter(Number.isFinite),
    missing: Math.max(silent, concealed),
  }));
}
