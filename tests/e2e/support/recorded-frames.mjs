/** The worker that encrypts and decrypts, as soon as it is there. */
const workerOf = async ({ page }) => page.workers().find(worker => worker.url().includes('frame-worker')) ?? page.waitForEvent('worker');

/** Keeps what arrives at the receivers of a visitor that are opened from now on, before its worker decrypts it. */
export async function recordArrivals(visitor) {
  const worker = await workerOf(visitor);
  await worker.evaluate(() => {
    globalThis.arrived = [];
    const open = globalThis.onrtctransform;
    globalThis.onrtctransform = ({ transformer }) => {
      const { writable, options } = transformer;
      const keep = new TransformStream({
        transform(frame, controller) {
          globalThis.arrived.push(new Uint8Array(frame.data.slice(0)));
          controller.enqueue(frame);
        },
      });
      const readable = options.side === 'receive' ? transformer.readable.pipeThrough(keep) : transformer.readable;
      open({ transformer: { readable, writable, options, sendKeyFrameRequest: () => transformer.sendKeyFrameRequest() } });
    };
  });
  return {
    clear: () => worker.evaluate(() => { globalThis.arrived.length = 0; }),
    count: () => worker.evaluate(() => globalThis.arrived.length),
    read: async () => (await worker.evaluate(() => globalThis.arrived.map(frame => frame.toBase64()))).map(frame => Buffer.from(frame, 'base64')),
  };
}

/** Keeps the frames of a visitor before and after their encryption, as its worker sees them. */
export async function recordFrames(visitor) {
  const worker = await workerOf(visitor);
  await worker.evaluate(() => {
    const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
    globalThis.recorded = [];
    crypto.subtle.encrypt = async (algorithm, key, clear) => {
      const copy = new Uint8Array(clear).slice();
      const sealed = await encrypt(algorithm, key, clear);
      globalThis.recorded.push({ clear: copy.toBase64(), sealed: new Uint8Array(sealed).toBase64() });
      return sealed;
    };
  });
  return {
    clear: () => worker.evaluate(() => { globalThis.recorded.length = 0; }),
    read: async () => (await worker.evaluate(() => globalThis.recorded)).map(({ clear, sealed }) => ({ clear: Buffer.from(clear, 'base64'), sealed: Buffer.from(sealed, 'base64') })),
  };
}

/** Pieces of a frame that do not occur elsewhere by chance. Its first bytes stay clear. */
function pieces(frame) {
  return [12, Math.floor(frame.length / 2), frame.length - 12].map(start => frame.subarray(start, start + 12)).filter(piece => new Set(piece).size >= 8);
}

/** How many of the recorded frames are among those that somebody got, encrypted and in clear. */
export function search(frames, recorded) {
  const got = Buffer.concat(frames);
  return {
    recorded: recorded.length,
    sealed: recorded.filter(({ sealed }) => got.includes(sealed)).length,
    clear: recorded.filter(({ clear }) => pieces(clear).some(piece => got.includes(piece))).length,
  };
}
