import { vi } from 'vitest';
import type { Meeting } from '../src/meeting.js';
import { connect, direct } from './direct-meeting.js';
import { participant, settle, track, type FakePeerConnection, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';

/** What `joined` says in a meeting with mode P2P. */
export const mode = { topology: 'p2p' };
const shown = [{ source: 'camera', width: 640, height: 360 }];

/** What the other page tells on the data channel. */
export const tell = async (connection: FakePeerConnection, published: string[]): Promise<void> => {
  connection.channel?.receive({ shown, published });
  await vi.advanceTimersByTimeAsync(300);
};

export const offers = (server: ScriptedServer) => server.sockets.flatMap(socket => socket.sentOf('offer'));

export const answerOf = async (server: ScriptedServer, sdp = 'answer'): Promise<void> => {
  server.socket.receive({ type: 'answer', from: 'zoe', sdp });
  await settle();
};

export const unavailable = async (server: ScriptedServer): Promise<void> => {
  server.socket.receive({ type: 'error', code: 'unavailable', message: 'The message was not delivered.' });
  await settle();
};

/** Milliseconds until the next offer, which is awaited for a minute. */
export async function untilOffer(server: ScriptedServer): Promise<number> {
  const before = offers(server).length;
  let waited = 0;
  for (; offers(server).length === before && waited < 60_000; waited += 100) await vi.advanceTimersByTimeAsync(100);
  return waited;
}

interface P2pMeeting {
  readonly server: ScriptedServer;
  readonly meeting: Meeting;
  readonly microphone: MediaStreamTrack;
  readonly connection: FakePeerConnection;
}

/** A meeting with mode P2P and `zoe`, to whom this client makes the offers. */
export async function meetingWithZoe(): Promise<P2pMeeting> {
  const { server, meeting } = await joinedMeeting([participant('zoe')], mode);
  const microphone = track('audio');
  await meeting.publish(microphone, 'microphone');
  await settle();
  return { server, meeting, microphone, connection: direct(server) };
}

export async function connectedMeeting(): Promise<P2pMeeting> {
  const all = await meetingWithZoe();
  await answerOf(all.server);
  connect(all.connection, []);
  await tell(all.connection, ['microphone', 'camera']);
  return all;
}

/** The socket is lost, and the server admits the client on another one. */
export async function rejoin(server: ScriptedServer, participants: object[] = [participant('zoe')], more: object = mode): Promise<void> {
  server.socket.disconnect();
  await server.nextSocket();
  server.acceptJoin(participants, more);
  await settle();
}
