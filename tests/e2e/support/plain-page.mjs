import { lightCapture } from './browser.mjs';

/** Minimal WHIP and WHEP clients in a page: only RTCPeerConnection and fetch. */
const script = () => {
  const { RTCPeerConnection, fetch } = globalThis;
  const open = async (connection, url, ticket) => {
    await connection.setLocalDescription();
    if (connection.iceGatheringState !== 'complete') {
      await new Promise(resolve => connection.addEventListener('icegatheringstatechange', () => { if (connection.iceGatheringState === 'complete') resolve(); }));
    }
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/sdp', authorization: `Bearer ${ticket}` }, body: connection.localDescription.sdp });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    return new URL(response.headers.get('location'), response.url).href;
  };
  globalThis.whip = async (url, ticket) => {
    const connection = globalThis.publisher = new RTCPeerConnection();
    const stream = await globalThis.navigator.mediaDevices.getUserMedia({ audio: true, video: {} });
    for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    return open(connection, url, ticket);
  };
  globalThis.whep = async (url, ticket) => {
    const connection = globalThis.player = new RTCPeerConnection();
    const video = Object.assign(globalThis.document.createElement('video'), { autoplay: true, srcObject: new globalThis.MediaStream() });
    globalThis.document.body.append(video);
    for (const kind of ['audio', 'video']) video.srcObject.addTrack(connection.addTransceiver(kind, { direction: 'recvonly' }).receiver.track);
    return open(connection, url, ticket);
  };
  /** The offer of the publisher or player, and the answer to it. */
  globalThis.descriptions = ({ localDescription, remoteDescription }) => [localDescription.sdp, remoteDescription.sdp];
  globalThis.played = async () => {
    const figures = { framesDecoded: 0, energy: 0 };
    (await globalThis.player.getStats()).forEach(record => {
      if (record.type !== 'inbound-rtp') return;
      if (record.kind === 'video') figures.framesDecoded = record.framesDecoded;
      else figures.energy = record.totalAudioEnergy;
    });
    return figures;
  };
};

export async function plainPage(browser, product) {
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  const page = await context.newPage();
  for (const one of [lightCapture, script]) await page.addInitScript(one);
  await page.goto(`${product.url}/healthz`);
  return {
    whip: (path, ticket) => page.evaluate(([url, bearer]) => globalThis.whip(url, bearer), [path, ticket]),
    whep: (path, ticket) => page.evaluate(([url, bearer]) => globalThis.whep(url, bearer), [path, ticket]),
    played: () => page.evaluate(() => globalThis.played()),
    descriptions: () => page.evaluate(() => globalThis.descriptions(globalThis.publisher ?? globalThis.player)),
    close: () => context.close(),
  };
}
