/**
 * A scripted server for tests of the page alone. The test answers REST and WebSocket, and a second peer connection inside the page sends the media
 * of the other participants.
 */
export const meetingId = '6f1f3c0a-2a4e-4a0e-9d4a-3b1f0f7f2c11';

const people = [
  ['Amara Okafor', true, true], ['Jonas Lindqvist', true, false], ['Mei-Ling Chen', false, true], ['Rafael Ortega', true, true],
  ['Priya Raman', false, false], ['Tomasz Zielinski', true, true], ['Zoë Dubois', true, true], ['Kwame Mensah', false, true],
];

export function participantsOf(count) {
  return Array.from({ length: count }, (_, index) => {
    const [displayName, audio, video] = people[index % people.length];
    return { participantId: `p-${index}`, displayName: index < people.length ? displayName : `${displayName} ${index}`, audio, video, role: 'participant' };
  });
}

/** Runs in the page: draws a moving picture, or makes a tone, for each track and offers the tracks, as the SFU does. */
const offerPictures = async tracks => {
  const connection = new globalThis.RTCPeerConnection();
  globalThis.sfuSide = connection;
  (globalThis.sfuSides ??= []).push(connection);
  for (const [index, track] of tracks.entries()) {
    if (track.kind === 'audio') {
      const context = new globalThis.AudioContext();
      const [tone, end] = [new globalThis.OscillatorNode(context), context.createMediaStreamDestination()];
      tone.connect(end);
      tone.start();
      connection.addTransceiver(end.stream.getAudioTracks()[0], { direction: 'sendonly' });
      continue;
    }
    const canvas = globalThis.document.createElement('canvas');
    const screen = track.source === 'screen';
    canvas.width = screen ? 1280 : 480;
    canvas.height = screen ? 720 : 270;
    const pen = canvas.getContext('2d');
    const paint = () => {
      const hue = (index * 67 + 20) % 360;
      const fill = pen.createLinearGradient(0, 0, canvas.width, canvas.height);
      fill.addColorStop(0, screen ? '#fbfaf6' : `hsl(${hue} 38% 46%)`);
      fill.addColorStop(1, screen ? '#efece3' : `hsl(${hue + 40} 42% 26%)`);
      pen.fillStyle = fill;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      if (screen) {
        pen.fillStyle = '#24403a';
        pen.font = '600 54px sans-serif';
        pen.fillText('Quarterly plan', 90, 130);
        for (let line = 0; line < 9; line++) pen.fillRect(90, 190 + line * 52, 500 + ((line * 197) % 520), 18);
      } else {
        pen.fillStyle = 'rgb(255 255 255 / 82%)';
        pen.beginPath();
        pen.arc(240 + 8 * Math.sin(performance.now() / 600 + index), 118, 46, 0, 7);
        pen.ellipse(240, 290, 100, 110, 0, 0, 7);
        pen.fill();
      }
    };
    paint();
    setInterval(paint, 100);
    connection.addTransceiver(canvas.captureStream(10).getVideoTracks()[0], { direction: 'sendonly' });
  }
  await connection.setLocalDescription(await connection.createOffer());
  if (connection.iceGatheringState !== 'complete') {
    await new Promise(resolve => { connection.onicegatheringstatechange = () => { if (connection.iceGatheringState === 'complete') resolve(); }; });
  }
  return { sdp: connection.localDescription.sdp, mids: connection.getTransceivers().map(transceiver => transceiver.mid) };
};

/**
 * @param script capabilities, status, title, others, screenOf, voiceOf, chat, survey, role, muted, reject {call: {status, code, detail}}, rejectChat, silentSocket, changeOffer (SDP to SDP)
 * @returns the messages that the client `sent`, its REST `calls`, `send` to send it a message, `offerAll` to offer all pictures, and the voice, on another connection, and `cut` to close its socket
 */
export async function scriptMeeting(page, script = {}) {
  const others = script.others ?? [];
  const sent = [];
  const calls = [];
  let socket = null;
  const ignoreClosedPage = error => { if (!page.isClosed()) throw error; };
  /** Offers the pictures of all others, and the voice of one, on a new connection. */
  const offerAll = async () => {
    const tracks = others.filter(one => one.video).map(one => ({ participantId: one.participantId, kind: 'video', source: 'camera' }));
    if (script.screenOf !== undefined) tracks.unshift({ participantId: script.screenOf, kind: 'video', source: 'screen' });
    if (script.voiceOf !== undefined) tracks.push({ participantId: script.voiceOf, kind: 'audio', source: 'microphone' });
    if (tracks.length === 0) return;
    const offer = await page.evaluate(offerPictures, tracks).catch(ignoreClosedPage);
    if (offer === undefined) return;
    const { sdp, mids } = offer;
    socket.send(JSON.stringify({ type: 'offer', from: 'sfu', sdp: script.changeOffer?.(sdp) ?? sdp, revision: 1, tracks: tracks.map((track, index) => ({ ...track, mid: mids[index] })) }));
  };
  const problem = rejection => ({
    status: rejection.status, contentType: 'application/problem+json',
    body: JSON.stringify({ type: `urn:meetoperator:error:${rejection.code}`, title: rejection.code, detail: rejection.detail, status: rejection.status }),
  });
  await page.route(url => url.pathname.startsWith('/meetings'), async route => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    const call = path === '/meetings' ? 'create' : path.endsWith('/join') ? 'join' : path.endsWith('/diagnostics') ? 'report' : path.endsWith('/survey') ? 'survey' : path.endsWith('/checks') ? 'check' : path.includes('/checks/') ? 'way' : request.method() === 'GET' ? 'get' : 'host';
    calls.push({ call, method: request.method(), authorization: request.headers()['authorization'], body: request.postDataJSON() });
    if (script.reject?.[call]) return route.fulfill(problem(script.reject[call]));
    if (call === 'survey') return route.fulfill({ status: 204 });
    const answers = {
      create: { meetingId, joinUrl: `/m/${meetingId}`, hostToken: 'host-token' },
      get: { meetingId, title: script.title ?? 'Weekly review', host: null, participants: others, status: script.status ?? 'active' },
      join: { participantId: 'me', webSocketUrl: `ws://${new URL(request.url()).host}/meetings/${meetingId}?code=once`, iceServers: [], ticket: 'ticket', role: script.role ?? 'participant' },
      report: { reportId: 'c0ffee00-report' },
      check: { checkId: 'check', seconds: 30, connections: 13, addresses: ['203.0.113.5', '2001:db8::5'], udpPorts: [40000, 40001], tcpPort: 40100, iceServers: [{ urls: ['turns:relay.example.com:443?transport=tcp'], username: 'name', credential: 'secret' }] },
      way: { sdp: answerWithoutAddress(request.postDataJSON()?.sdp ?? '') },
      host: { success: true },
    };
    return route.fulfill({ status: call === 'create' || call === 'report' || call === 'check' ? 201 : 200, json: answers[call] });
  });
  await page.routeWebSocket(url => url.pathname.startsWith('/meetings'), ws => {
    socket = ws;
    if (script.silentSocket) return;
    ws.onMessage(async text => {
      const message = JSON.parse(text);
      sent.push(message);
      if (message.type === 'join') {
        ws.send(JSON.stringify({ type: 'joined', participantId: 'me', participants: others, role: script.role ?? 'participant', muted: script.muted ?? { audio: false, video: false }, topology: 'sfu', capabilities: script.capabilities, survey: script.survey }));
        for (const [index, line] of (script.chat ?? []).entries()) {
          ws.send(JSON.stringify({ type: 'chat', messageId: String(index + 1), timestamp: new Date(Date.UTC(2026, 0, 31, 12, index)).toISOString(), ...line }));
        }
        await offerAll();
      }
      if (message.type === 'answer') await page.evaluate(sdp => globalThis.sfuSide.setRemoteDescription({ type: 'answer', sdp }), message.sdp).catch(ignoreClosedPage);
      if (message.type === 'chat') {
        if (script.rejectChat?.(message)) ws.send(JSON.stringify({ type: 'error', code: 'unavailable', message: 'The message was not stored.', reference: message.reference }));
        else ws.send(JSON.stringify({ type: 'chat', from: 'me', displayName: 'Ada', message: message.message, reference: message.reference, messageId: String(1000 + sent.length), timestamp: new Date().toISOString() }));
      }
    });
  });
  return { sent, calls, send: message => socket.send(JSON.stringify(message)), offerAll, cut: () => socket.close({ code: 1012 }) };
}

/** The answer of a media node that no packet reaches: it receives what the offer sends, and has no candidate. */
function answerWithoutAddress(offer) {
  return offer
    .replace(/^a=(?:candidate|end-of-candidates|ssrc|ssrc-group|msid)\b[^\n]*\n/gm, '')
    .replace(/^a=sendonly/gm, 'a=recvonly')
    .replace(/^a=setup:actpass/gm, 'a=setup:passive')
    .replace(/^a=ice-ufrag:.*$/gm, 'a=ice-ufrag:node')
    .replace(/^a=ice-pwd:.*$/gm, 'a=ice-pwd:0123456789abcdefghijkl');
}
