/** The worker of a visitor that encrypts and decrypts. */
async function frameWorker({ page }) {
  return page.workers().find(worker => worker.url().includes('frame-worker')) ?? page.waitForEvent('worker');
}

/** Keeps the frames of a visitor before and after their encryption, as the worker sees them. */
export async function recordFrames(visitor) {
  const worker = await frameWorker(visitor);
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
    read: async () => (await worker.evaluate(() => globalThis.recorded)).map(({ clear, sealed }) => ({ clear: Buffer.from(clear, 'base64'), sealed: Buffer.from(sealed, 'base64') })),
  };
}

/** Keeps the frames that arrive on connections which the visitor's page opens from now on, before their decryption. */
export async function recordArrivals(visitor) {
  const worker = await frameWorker(visitor);
  await worker.evaluate(() => {
    const received = new WeakSet();
    // A listener for the capture phase is called before the handler of the page's script.
    addEventListener('rtctransform', ({ transformer }) => { if (transformer.options.side === 'receive') received.add(transformer.readable); }, { capture: true });
    globalThis.arrived = [];
    const pipe = ReadableStream.prototype.pipeThrough;
    ReadableStream.prototype.pipeThrough = function pipeThrough(...args) {
      if (!received.has(this)) return pipe.apply(this, args);
      const keep = new TransformStream({
        transform(frame, controller) {
          globalThis.arrived.push(new Uint8Array(frame.data.slice(0)));
          controller.enqueue(frame);
        },
      });
      return pipe.apply(pipe.call(this, keep), args);
    };
  });
  return {
    count: () => worker.evaluate(() => globalThis.arrived.length),
    read: async () => (await worker.evaluate(() => globalThis.arrived.map(frame => frame.toBase64()))).map(frame => Buffer.from(frame, 'base64')),
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
