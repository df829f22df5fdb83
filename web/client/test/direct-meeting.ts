import { vi } from 'vitest';
import type { Meeting } from '../src/meeting.js';
import { participant, settle, track, type FakePeerConnection, type FakeTransceiver, type ScriptedServer } from './fakes.js';
import { joinedMeeting } from './join.js';
export const capabilities = { capabilities: { p2p: true } };

/** Lets packets arrive at all receivers of a connection from now on. */
export function flow(connection: FakePeerConnection): void {
  for (const transceiver of connection.transceivers) flowTo(transceiver);
}

export function flowTo(transceiver: FakeTransceiver): void {
  transceiver.receiver.getSynchronizationSources = () => [{ audioLevel: 0.25, timestamp: Date.now() }];
}

export function stop(connection: FakePeerConnection): void {
  const at = Date.now();
  for (const transceiver of connection.transceivers) transceiver.receiver.getSynchronizationSources = () => [{ audioLevel: 0, timestamp: at }];
}

/** The other participant's page is connected, and shows these pictures. */
export function connect(connection: FakePeerConnection, shown: object[] = [{ source: 'camera', width: 1280, height: 720 }, { source: 'screen', width: 1920, height: 1080 }]): void {
  connection.setConnectionState('connected');
  connection.channel?.open();
  connection.channel?.receive(shown);
}

export const direct = (server: ScriptedServer): FakePeerConnection => server.connections.at(-1)!;
export const playedOf = (meeting: Meeting, id: string): unknown => meeting.snapshot.participants.find(one => one.id === id)?.tracks.microphone;
export const choose = async (server: ScriptedServer, kind: string, generation: number): Promise<void> => {
  server.socket.receive({ type: 'topology', kind, generation });
  await settle();
};

/** A meeting with `zoe`, to whom this client makes the offers, in which media flows through the SFU. */
export async function meetingWithZoe(): Promise<{ server: ScriptedServer; meeting: Meeting; publish: FakePeerConnection; subscribe: FakePeerConnection; microphone: MediaStreamTrack }> {
  const { server, meeting } = await joinedMeeting([participant('zoe')], capabilities);
  const microphone = track('audio');
  await meeting.publish(microphone, 'microphone');
  await settle();
  const publish = server.connections[0]!;
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', reference: server.socket.sentOf('offer')[0]!.reference });
  await settle();
  server.offer('s', 1, [{ mid: '0', participantId: 'zoe', kind: 'audio', source: 'microphone' }, { mid: '1', participantId: 'zoe', kind: 'video', source: 'camera' }], 's1');
  await settle();
  const subscribe = server.connections[1]!;
  for (const connection of [publish, subscribe]) connection.setConnectionState('connected');
  flow(subscribe);
  return { server, meeting, publish, subscribe, microphone };
}

/** Continues until both send directly. */
export async function meetingThatIsDirect(shown?: object[]): Promise<Awaited<ReturnType<typeof meetingWithZoe>> & { connection: FakePeerConnection }> {
  const all = await meetingWithZoe();
  await choose(all.server, 'p2p', 3);
  const connection = direct(all.server);
  all.server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
  await settle();
  connect(connection, shown);
  flow(connection);
  await vi.advanceTimersByTimeAsync(100);
  all.server.socket.receive({ type: 'p2p-ready', from: 'zoe', generation: 3 });
  await vi.advanceTimersByTimeAsync(600);
  await settle();
  return { ...all, connection };
}
