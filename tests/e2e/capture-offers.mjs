// Usage: node capture-offers.mjs <folder>
// Writes the offers of the installed Firefox for the SDP tests, and its answer to an offer of the media node.
// tests/media/browser/capture-offers.mjs does the same for Chromium.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { launchFirefox } from './support/firefox.mjs';

const folder = process.argv[2];
const mediaNodeOffer = readFileSync(fileURLToPath(new URL('../media/MeetOperator.Sdp.Tests/Answers/subscribe-offer.sdp', import.meta.url)), 'utf8').replace(/\r?\n/g, '\r\n');
const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>media</title>'));
await new Promise(resolve => { server.listen(0, '127.0.0.1', resolve); });
const browser = await launchFirefox();
const page = await browser.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
const descriptions = await page.evaluate(async subscribeOffer => {
  const { navigator, RTCPeerConnection } = globalThis;
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360 } });
  const [audio, video] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]];
  const offer = async setUp => {
    const connection = new RTCPeerConnection();
    setUp(connection);
    await connection.setLocalDescription();
    const { sdp } = connection.localDescription;
    connection.close();
    return sdp;
  };
  const answer = async sdp => {
    const connection = new RTCPeerConnection();
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await connection.setLocalDescription();
    const text = connection.localDescription.sdp;
    connection.close();
    return text;
  };
  const layers = { sendEncodings: [{ rid: 'q', scaleResolutionDownBy: 4 }, { rid: 'h', scaleResolutionDownBy: 2 }, { rid: 'f' }] };
  return {
    'firefox-publish': await offer(c => stream.getTracks().forEach(t => c.addTransceiver(t, { direction: 'sendonly', streams: [stream] }))),
    'firefox-simulcast': await offer(c => c.addTransceiver(video, { direction: 'sendonly', ...layers })),
    'firefox-play': await offer(c => { c.addTransceiver('audio', { direction: 'recvonly' }); c.addTransceiver('video', { direction: 'recvonly' }); }),
    'firefox-data': await offer(c => { c.createDataChannel('chat'); c.addTrack(audio, stream); }),
    'firefox-answer': await answer(subscribeOffer),
  };
}, mediaNodeOffer);
for (const [name, sdp] of Object.entries(descriptions)) writeFileSync(`${folder}/${name}.sdp`, sdp);
await browser.close();
server.close();
