import { WhipHttp } from './whip-http.mjs';

/** Runs in the page: a participant without the SDK, which announces a key of its own, takes no part in the exchange of keys, and keeps what the media node forwards. */
const script = () => {
  const { crypto, RTCPeerConnection, WebSocket } = globalThis;
  const tap = globalThis.tap = { frames: { audio: [], video: [] }, connection: null };

  const keep = receiver => {
    const { readable, writable } = receiver.createEncodedStreams();
    const { kind } = receiver.track;
    void readable.pipeThrough(new globalThis.TransformStream({
      transform(frame, controller) {
        tap.frames[kind].push(new Uint8Array(frame.data.slice(0)));
        controller.enqueue(frame);
      },
    })).pipeTo(writable);
  };

  const answer = async (socket, { sdp, sessionId, revision }) => {
    const connection = tap.connection ??= new RTCPeerConnection({ bundlePolicy: 'max-bundle', encodedInsertableStreams: true });
    await connection.setRemoteDescription({ type: 'offer', sdp });
    for (const { receiver } of connection.getTransceivers()) {
      if (receiver.isKept) continue;
      receiver.isKept = true;
      keep(receiver);
    }
    await connection.setLocalDescription();
    socket.send(JSON.stringify({ type: 'answer', to: 'sfu', sdp: connection.localDescription.sdp, sessionId, revision }));
  };

  globalThis.listen = async (url, ticket, participantId) => {
    const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
    const identityKey = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)).toBase64({ alphabet: 'base64url', omitPadding: true });
    const socket = new WebSocket(url, ['meet.v1', `ticket.${ticket}`]);
    let work = Promise.resolve();
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'offer') work = work.then(() => answer(socket, message));
    };
    await new Promise((resolve, reject) => { [socket.onopen, socket.onerror] = [resolve, reject]; });
    socket.send(JSON.stringify({ type: 'join', participantId, capabilities: { e2ee: true }, identityKey }));
  };
};

/** Joins the meeting with a page that keeps the frames which the media node forwards to it. */
export async function wiretap(browser, product, meetingId) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(script);
  await page.goto(`${product.url}/healthz`);
  const { ticket, participantId } = await new WhipHttp(product, meetingId).join('Wiretap');
  await page.evaluate(args => globalThis.listen(...args), [`${product.url.replace(/^http/, 'ws')}/meetings/${meetingId}`, ticket, participantId]);
  return {
    /** The number of frames of sound and of the picture. */
    count: () => page.evaluate(() => [globalThis.tap.frames.audio.length, globalThis.tap.frames.video.length]),
    frames: async () => (await page.evaluate(() => Object.values(globalThis.tap.frames).flat().map(frame => frame.toBase64()))).map(frame => Buffer.from(frame, 'base64')),
    close: () => context.close(),
  };
}
