// The protocol's size limits for session descriptions, checked against the descriptions of a real browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { launch } from '../e2e/support/browser.mjs';

const participants = 100;
const protocol = readFileSync(new URL('../../docs/signaling-protocol.md', import.meta.url), 'utf8');
const [frame, description] = /at most (\d+) KiB, with SDP of at most (\d+) KiB/.exec(protocol).slice(1).map(kib => 1024 * Number(kib));

/** Runs in the page: offers a microphone and a camera per participant with the codecs of the media node, and answers the offer. */
const negotiate = async count => {
  const [up, down] = [new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), new RTCPeerConnection({ bundlePolicy: 'max-bundle' })];
  const wanted = { audio: ['audio/opus'], video: ['video/VP8', 'video/rtx'] };
  for (let index = 0; index < count; index++) {
    for (const kind of ['audio', 'video']) {
      up.addTransceiver(kind, { direction: 'sendonly' }).setCodecPreferences(RTCRtpSender.getCapabilities(kind).codecs.filter(codec => wanted[kind].includes(codec.mimeType)));
    }
  }
  await up.setLocalDescription(await up.createOffer());
  await down.setRemoteDescription(up.localDescription);
  await down.setLocalDescription(await down.createAnswer());
  return { offer: up.localDescription.sdp, answer: down.localDescription.sdp };
};

describe('session descriptions for a hundred participants', () => {
  it('offer and answer fit into the protocol limits with a reserve of 50 %', { timeout: 120_000 }, async t => {
    const browser = await launch();
    try {
      const page = await browser.newPage();
      const { offer, answer } = await page.evaluate(negotiate, participants);
      t.diagnostic(`offer ${offer.length}, answer ${answer.length} characters`);
      for (const sdp of [offer, answer]) {
        assert.equal(sdp.match(/^m=/gm).length, 2 * participants);
        assert.ok(sdp.length * 1.5 <= description, `${sdp.length} characters`);
        assert.ok(JSON.stringify({ type: 'answer', to: 'sfu', sdp, revision: 1 }).length * 1.5 <= frame);
      }
    } finally {
      await browser.close();
    }
  });
});
