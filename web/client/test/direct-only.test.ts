import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, direct } from './direct-meeting.js';
import { participant, settle, track, type FakeTrack } from './fakes.js';
import { joinedMeeting } from './join.js';
import { connectedMeeting, meetingWithZoe, mode, offers, tell } from './p2p-meeting.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const tracksOf = ({ meeting }: Awaited<ReturnType<typeof meetingWithZoe>>) => Object.keys(meeting.snapshot.participants[0]?.tracks ?? {});

describe('a meeting with mode P2P', () => {
  it('opens one connection to each other participant, on which it sends, and none to the SFU', async () => {
    const { server, connection, microphone } = await connectedMeeting();
    expect(offers(server).map(({ to }) => to)).toEqual(['zoe']);
    expect(server.connections).toHaveLength(1);
    expect(connection.transceivers[0]!.sender.track).toBe(microphone);
  });

  it('answers the offers of participants with a smaller ID', async () => {
    const { server } = await joinedMeeting([participant('ann')], mode);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.connections).toEqual([]);
    server.socket.receive({ type: 'offer', from: 'ann', sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    expect(server.socket.sentOf('answer')).toMatchObject([{ to: 'ann' }]);
  });

  it('plays what the other participant says that it publishes, and no longer when that ends', async () => {
    const all = await connectedMeeting();
    expect(tracksOf(all)).toEqual(['microphone', 'camera']);
    expect(all.meeting.snapshot.participants[0]!.tracks.microphone).toBe(all.connection.transceivers[0]!.receiver.track);
    await tell(all.connection, ['microphone', 'camera', 'screen']);
    expect(tracksOf(all)).toEqual(['microphone', 'camera', 'screen']);
    await tell(all.connection, ['microphone']);
    expect(tracksOf(all)).toEqual(['microphone']);
  });

  it('tells the other participant what it publishes and shows', async () => {
    const { meeting, connection } = await connectedMeeting();
    meeting.show([{ participantId: 'zoe', source: 'camera', width: 320, height: 180 }]);
    await meeting.publish(track('video'), 'screen');
    await settle();
    expect(JSON.parse(connection.channel!.sent.at(-1)!)).toEqual({ shown: [{ source: 'camera', width: 320, height: 180 }], published: ['microphone', 'screen'] });
  });

  it('does not play the microphone of a muted participant, whatever arrives', async () => {
    const { server, connection } = await connectedMeeting();
    server.socket.receive({ type: 'media-update', participantId: 'zoe', audio: false, video: true });
    expect((connection.transceivers[0]!.receiver.track as FakeTrack).enabled).toBe(false);
  });

  it('names whom it cannot reach after 10 s, and tries again, ever less often', async () => {
    const { server, meeting } = await meetingWithZoe();
    await vi.advanceTimersByTimeAsync(9_000);
    expect(meeting.snapshot.unconnected).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(meeting.snapshot.unconnected).toEqual(['zoe']);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(offers(server).length).toBeGreaterThan(3);
    expect(offers(server).length).toBeLessThan(9);
    const before = offers(server).length;
    for (let time = 0; time < 45_000 && offers(server).length === before; time += 100) await vi.advanceTimersByTimeAsync(100);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    connect(direct(server), []);
    expect(meeting.snapshot.unconnected).toEqual([]);
    expect(meeting.snapshot.connection.phase).toBe('connected');
  });

  it('names nobody who has left', async () => {
    const { server, meeting } = await meetingWithZoe();
    await vi.advanceTimersByTimeAsync(11_000);
    server.socket.receive({ type: 'participant-left', participantId: 'zoe' });
    expect(meeting.snapshot.unconnected).toEqual([]);
    const before = offers(server).length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(offers(server)).toHaveLength(before);
  });

  it('opens a connection again that is lost, and shows nothing of it meanwhile', async () => {
    const all = await connectedMeeting();
    all.connection.setConnectionState('failed');
    await settle();
    expect([all.connection.connectionState, tracksOf(all)]).toEqual(['closed', []]);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(offers(all.server)).toHaveLength(2);
  });

  it('keeps its connections when signaling reconnects', async () => {
    const all = await connectedMeeting();
    all.server.socket.disconnect();
    await all.server.nextSocket();
    all.server.acceptJoin([participant('zoe')], mode);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([all.server.connections.length, all.connection.connectionState, tracksOf(all)]).toEqual([1, 'connected', ['microphone', 'camera']]);
  });

  it('closes its connections when it is left', async () => {
    const { meeting, connection } = await connectedMeeting();
    meeting.leave();
    expect(connection.connectionState).toBe('closed');
  });
});
