// Encryption end to end in a real browser: the SDK's transforms and worker between two peer connections, with every codec.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { launch } from '../e2e/support/browser.mjs';
import { serveModules } from './support/module-server.mjs';

/**
 * Runs in the page: sends a camera and a microphone from one connection to another one, and returns what the receiver has decoded. `keys` says which key the receiver has:
 * the sender's or another one; `streams` uses the browser's older interface.
 */
const call = async ({ codec, layers, keys, streams }) => {
  if (streams) delete globalThis.RTCRtpScriptTransform;
  const { FrameTransforms } = await import('/features/e2ee/frame-transforms.js');
  const { frameKeyOf } = await import('/features/e2ee/frame-key.js');
  const id = { generation: 1, step: 0 };
  const key = await frameKeyOf(new Uint8Array(32).fill(1), id, 'm', 'ada');
  const received = keys === 'same' ? key : await frameKeyOf(new Uint8Array(32).fill(2), id, 'm', 'ada');
  const [upWorker, downWorker] = [0, 1].map(() => new Worker('/features/e2ee/frame-worker.js', { type: 'module' }));
  const health = [];
  downWorker.onmessage = ({ data }) => { if (data.type === 'health') health.push(data); };
  upWorker.postMessage({ type: 'own-key', key });
  downWorker.postMessage({ type: 'peer', participantId: 'ada', identityKey: 'x' });
  downWorker.postMessage({ type: 'peer-key', participantId: 'ada', identityKey: 'x', key: received, isProven: true });
  const [sending, receiving] = [new FrameTransforms(upWorker), new FrameTransforms(downWorker)];
  const [up, down] = [new RTCPeerConnection(sending.configure({})), new RTCPeerConnection(receiving.configure({}))];
  up.onicecandidate = ({ candidate }) => void down.addIceCandidate(candidate);
  down.onicecandidate = ({ candidate }) => void up.addIceCandidate(candidate);
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: false, noiseSuppression: false }, video: { width: 320, height: 180, frameRate: 10 } });
  const encodings = Array.from({ length: layers }, (_, i) => ({ rid: 'fhq'[i], scaleResolutionDownBy: 2 ** i, ...(layers > 1 ? { scalabilityMode: 'L1T2' } : {}) }));
  const camera = up.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', sendEncodings: layers > 1 ? encodings : [{}] });
  camera.setCodecPreferences(RTCRtpSender.getCapabilities('video').codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${codec}`));
  sending.attachSender(camera, 'camera');
  sending.attachSender(up.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly' }), 'microphone');
  const video = document.createElement('video');
  Object.assign(video, { muted: true, autoplay: true, srcObject: new MediaStream() });
  const audio = document.createElement('audio');
  Object.assign(audio, { autoplay: true, srcObject: new MediaStream() });
  document.body.append(video, audio);
  await up.setLocalDescription(await up.createOffer());
  await down.setRemoteDescription(up.localDescription);
  for (const { receiver } of down.getTransceivers()) {
    receiving.bindReceiver(receiver, 'ada', receiver.track.kind === 'video' ? 'camera' : 'microphone');
    (receiver.track.kind === 'video' ? video : audio).srcObject.addTrack(receiver.track);
  }
  await down.setLocalDescription(await down.createAnswer());
  await up.setRemoteDescription(down.localDescription);
  sending.handleNegotiated(up);
  const read = async () => {
    const seen = { frames: 0, energy: 0, packets: 0 };
    (await down.getStats()).forEach(record => {
      if (record.type !== 'inbound-rtp') return;
      seen.frames += record.framesDecoded ?? 0;
      seen.energy += record.totalAudioEnergy ?? 0;
      seen.packets += record.packetsReceived;
    });
    return { ...seen, width: video.videoWidth, health, descriptor: /dependency-descriptor/.test(up.localDescription.sdp) };
  };
  for (const deadline = Date.now() + (keys === 'same' ? 30_000 : 6_000); Date.now() < deadline; await new Promise(resolve => setTimeout(resolve, 200))) {
    const seen = await read();
    if (seen.frames >= 15 && seen.energy > 1e-4) return seen;
  }
  return read();
};

/** Runs in the page: the mean time, in µs, in which a frame of `bytes` is encrypted, and decrypted. */
const measure = async ({ bytes, codec, source }) => {
  const [{ FrameSender }, { FrameReceiver }, { frameKeyOf }] = await Promise.all(['frame-sender', 'frame-receiver', 'frame-key'].map(name => import(`/features/e2ee/${name}.js`)));
  const key = await frameKeyOf(new Uint8Array(32).fill(1), { generation: 1, step: 0 }, 'm', 'ada');
  const [sender, receiver] = [new FrameSender(), new FrameReceiver()];
  sender.setKey(key);
  receiver.addKey(key);
  const clear = crypto.getRandomValues(new Uint8Array(bytes));
  const rounds = async count => {
    const [sealed, opened] = [[], []];
    const began = performance.now();
    for (let i = 0; i < count; i++) sealed.push(await sender.seal(clear, codec, source));
    const middle = performance.now();
    for (const frame of sealed) opened.push(await receiver.open(1, frame, source));
    const ended = performance.now();
    return { encrypt: Math.round((middle - began) * 1_000 / count), decrypt: Math.round((ended - middle) * 1_000 / count), opened: opened.filter(one => one.clear?.length === bytes).length };
  };
  await rounds(500); // the browser compiles the code meanwhile
  return rounds(2_000);
};

describe('encryption end to end', () => {
  let [browser, server] = [];
  before(async () => {
    server = await serveModules();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  const run = async situation => {
    const page = await browser.newPage();
    try {
      await page.goto(server.url);
      return await page.evaluate(call, { layers: 1, keys: 'same', streams: false, ...situation });
    } finally {
      await page.close();
    }
  };

  for (const codec of ['vp8', 'h264', 'vp9', 'av1']) {
    it(`${codec} and sound arrive with the right key`, { timeout: 120_000 }, async t => {
      const seen = await run({ codec });
      t.diagnostic(JSON.stringify(seen));
      assert.ok(seen.frames >= 15 && seen.energy > 1e-4 && seen.width > 0, JSON.stringify(seen));
      assert.ok(seen.descriptor, 'the dependency descriptor is negotiated for a single encoding');
    });

    it(`nothing of ${codec} and of the sound is played with another key`, { timeout: 120_000 }, async () => {
      const seen = await run({ codec, keys: 'other' });
      assert.ok(seen.packets > 20, JSON.stringify(seen));
      assert.deepEqual([seen.frames, seen.width, seen.energy], [0, 0, 0]);
      assert.ok(seen.health.some(({ source, decrypts }) => source === 'camera' && !decrypts), 'the failure is reported');
    });
  }

  for (const frame of [{ bytes: 120, codec: 'opus', source: 'microphone' }, { bytes: 3_000, codec: 'vp8', source: 'camera' }, { bytes: 60_000, codec: 'vp8', source: 'camera' }]) {
    it(`a frame of ${frame.bytes} bytes takes little time`, { timeout: 120_000 }, async t => {
      const page = await browser.newPage();
      try {
        await page.goto(server.url);
        const taken = await page.evaluate(measure, frame);
        t.diagnostic(`${frame.codec}, ${frame.bytes} bytes: ${taken.encrypt} µs to encrypt, ${taken.decrypt} µs to decrypt`);
        assert.equal(taken.opened, 2_000);
        assert.ok(taken.encrypt < 5_000 && taken.decrypt < 5_000, JSON.stringify(taken)); // 30 pictures and 50 pieces of sound come each second
      } finally {
        await page.close();
      }
    });
  }

  it('the older interface of browsers works too', { timeout: 120_000 }, async () => {
    const seen = await run({ codec: 'vp8', streams: true });
    assert.ok(seen.frames >= 15 && seen.energy > 1e-4, JSON.stringify(seen));
  });
});
