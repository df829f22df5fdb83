import { createDecipheriv } from 'node:crypto';
import { MediaStreamTrack, RTCPeerConnection, useNACK, useOPUS, usePLI, useVP8 } from 'werift';
import { until } from './visitor.mjs';

/** A connection of werift, a WebRTC stack in JavaScript that shares no code with the product or with Chromium; here on loopback only. */
function connection() {
  return new RTCPeerConnection({
    iceUseIpv6: false, iceAdditionalHostAddresses: ['127.0.0.1'], iceFilterCandidatePair: pair => pair.localCandidate.host === '127.0.0.1',
    bundlePolicy: 'max-bundle',
    codecs: { audio: [useOPUS()], video: [useVP8({ rtcpFeedback: [useNACK(), usePLI()] })] },
  });
}

async function open(peer, http, path, ticket, isComplete = () => true) {
  const offer = await peer.createOffer();
  // werift uses a public STUN server whatever `iceServers` contains; the tests send nothing beyond this machine.
  for (const { connection: ice } of peer.iceTransports) ice.stunServer = undefined;
  await peer.setLocalDescription(offer);
  let session;
  let retries = 0;
  await until(async () => {
    try {
      session = await http.open(path, ticket, peer.localDescription.sdp);
    } catch (rejection) {
      // WHEP: no participant publishes yet, and the server sends Retry-After.
      if (rejection.status !== 409 || !(rejection.retryAfter > 0)) throw rejection;
      retries++;
      return false;
    }
    if (isComplete(session.answer)) return true;
    await http.end(session.location, ticket);
    return false;
  }, `an answer with all tracks (${path})`);
  await peer.setRemoteDescription({ type: 'answer', sdp: session.answer });
  await until(() => peer.connectionState === 'connected', `werift connects (${path})`);
  return { ...session, retries };
}

/** Plays one participant over WHEP, or all; `received[kind]` holds the RTP packets in the order of their arrival. */
export async function play(http, ticket, participantId) {
  const peer = connection();
  const received = { audio: [], video: [] };
  const transceivers = ['audio', 'video'].map(kind => peer.addTransceiver(kind, { direction: 'recvonly' }));
  const sealed = [];
  const onRtp = { audio: () => {}, video: () => {} };
  for (const transceiver of transceivers) {
    transceiver.onTrack.subscribe(track => track.onReceiveRtp.subscribe(packet => {
      received[track.kind].push(packet);
      onRtp[track.kind](packet);
    }));
  }
  // WHEP has no renegotiation, so the session is opened again until the answer has all tracks.
  const session = await open(peer, http, participantId === undefined ? 'whep' : `whep?participant=${participantId}`, ticket, answer => answer.match(/^a=sendonly/gm)?.length === transceivers.length);
  const { dtlsTransport } = transceivers[0];
  dtlsTransport.iceTransport.connection.onData.subscribe(data => {
    // RTP only: version 2, and no RTCP packet type (RFC 5761).
    if (data[0] >> 6 === 2 && (data[1] < 192 || data[1] > 223)) sealed.push(Buffer.from(data));
  });
  return {
    peer, session, received, onRtp,
    authentic: () => sealed.map(packet => isAuthentic(dtlsTransport.srtp.remoteContext, packet)),
    /** The result of the same check on a packet with one changed bit. */
    authenticWhenChanged: () => {
      const changed = Buffer.from(sealed[0]);
      changed[changed.length - 20] ^= 1;
      return isAuthentic(dtlsTransport.srtp.remoteContext, changed);
    },
    askForKeyFrame: () => transceivers[1].receiver.sendRtcpPLI(received.video[0].header.ssrc),
  };
}

/** Publishes two tracks over WHIP; the test writes their packets. */
export async function publish(http, ticket, { onKeyFrameWanted }) {
  const peer = connection();
  const tracks = { audio: new MediaStreamTrack({ kind: 'audio' }), video: new MediaStreamTrack({ kind: 'video' }) };
  const senders = ['audio', 'video'].map(kind => peer.addTransceiver(tracks[kind], { direction: 'sendonly' }).sender);
  senders[1].onPictureLossIndication.subscribe(onKeyFrameWanted);
  const session = await open(peer, http, 'whip', ticket);
  return { peer, session, tracks };
}

/** Checks the authentication tag, which werift ignores (RFC 7714, sections 8 and 9). The rollover counter is 0, because streams begin below 30,000 and are short. */
function isAuthentic(context, packet) {
  const { srtpSessionKey: key, srtpSessionSalt: salt } = context.cipher;
  const extension = (packet[0] & 0x10) !== 0;
  const fixed = 12 + 4 * (packet[0] & 0x0f);
  const header = extension ? fixed + 4 + 4 * packet.readUInt16BE(fixed + 2) : fixed;
  const vector = Buffer.alloc(12);
  packet.copy(vector, 2, 8, 12);
  packet.copy(vector, 10, 2, 4);
  for (const [index, byte] of salt.subarray(0, 12).entries()) vector[index] ^= byte;
  const decipher = createDecipheriv('aes-128-gcm', key, vector);
  decipher.setAAD(packet.subarray(0, header));
  decipher.setAuthTag(packet.subarray(-16));
  decipher.update(packet.subarray(header, -16));
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** The number of sequence numbers that are missing or duplicated between the first and the last. */
export function faults(packets) {
  const numbers = packets.map(packet => packet.header.sequenceNumber);
  const offsets = new Set(numbers.map(number => ((number - numbers[0] + 0x18000) & 0xffff) - 0x8000));
  const span = Math.max(...offsets) - Math.min(...offsets) + 1;
  return { missing: span - offsets.size, twice: packets.length - offsets.size };
}
