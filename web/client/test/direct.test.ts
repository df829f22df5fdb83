import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { capabilities, choose, connect, direct, flow, flowTo, meetingThatIsDirect, meetingWithZoe, playedOf, stop } from './direct-meeting.js';
import { participant, settle, track, type FakeTrack } from './fakes.js';
import { joinedMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

describe('the switch to direct connections', () => {
  it('the join announces it, and the smaller ID offers to the other participant, with four sections', async () => {
    const { server } = await meetingWithZoe();
    expect(server.socket.sentOf('join')[0]!.capabilities).toMatchObject({ p2p: true });
    await choose(server, 'p2p', 3);
    expect(server.socket.sentOf('offer').at(-1)).toMatchObject({ to: 'zoe' });
    expect(direct(server).transceivers.map(({ direction }) => direction)).toEqual(['sendrecv', 'sendrecv', 'sendrecv', 'sendrecv']);
  });

  it('asks the other participant to leave out the silence of the microphone, and of nothing else', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    const sections = server.socket.sentOf('offer').at(-1)!.sdp.split(/^(?=m=)/m).slice(1);
    expect(sections.map(section => section.includes('usedtx=1'))).toEqual([true, false, false, false]);
  });

  it('plays a participant directly, and tells it, only when everything that the SFU carries arrives', async () => {
    const { server, meeting, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    flowTo(connection.transceivers[0]!);
    const before = playedOf(meeting, 'zoe');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(playedOf(meeting, 'zoe')).toBe(before);
    expect(server.socket.sentOf('p2p-ready')).toEqual([]);

    flow(connection);
    await vi.advanceTimersByTimeAsync(100);
    expect(playedOf(meeting, 'zoe')).toBe(connection.transceivers[0]!.receiver.track);
    expect(server.socket.sentOf('p2p-ready')).toEqual([{ type: 'p2p-ready', to: 'zoe', generation: 3 }]);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone); // zoe may still need it
  });

  it('stops sending to the SFU when the other one receives directly, and keeps its connections', async () => {
    const { publish, subscribe, connection, microphone } = await meetingThatIsDirect();
    expect(publish.transceivers[0]!.sender.track).toBeNull();
    expect(connection.transceivers[0]!.sender.track).toBe(microphone);
    expect([publish.connectionState, subscribe.connectionState]).toEqual(['connected', 'connected']);
  });

  it('sends to the SFU for another half a second, because the other one plays the new sound only when it flows', async () => {
    const { server, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    flow(connection);
    await vi.advanceTimersByTimeAsync(100);
    server.socket.receive({ type: 'p2p-ready', from: 'zoe', generation: 3 });
    await vi.advanceTimersByTimeAsync(400);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
    await vi.advanceTimersByTimeAsync(200);
    expect(publish.transceivers[0]!.sender.track).toBeNull();
  });

  it('sends what is published later directly and not to the SFU', async () => {
    const { meeting, publish, connection } = await meetingThatIsDirect();
    const screen = track('video');
    await meeting.publish(screen, 'screen');
    await settle();
    expect(connection.transceivers[2]!.sender.track).toBe(screen);
    expect(publish.transceivers.map(({ sender }) => sender.track)).toEqual([null, null]);
  });

  it('limits the camera on direct connections too, and no other source', async () => {
    const { meeting, connection } = await meetingThatIsDirect();
    await meeting.publish(track('video'), 'camera');
    await meeting.publish(track('video'), 'screen');
    await settle();
    const limits = () => connection.transceivers.slice(1, 3).map(({ encodings }) => encodings[0]!.maxBitrate);
    expect(limits()).toEqual([1_500_000, 2_500_000]);
    meeting.limitCamera(1_500_000);
    meeting.limitCamera(400_000);
    await settle();
    expect(limits()).toEqual([400_000, 2_500_000]);
    meeting.limitCamera(null);
    await settle();
    expect(limits()).toEqual([1_500_000, 2_500_000]);
  });

  it('ignores a confirmation of another generation, and of somebody without a connection', async () => {
    const { server, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    for (const [from, generation] of [['zoe', 2], ['eve', 3]]) server.socket.receive({ type: 'p2p-ready', from, generation });
    await settle();
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
  });

  it('sends to the SFU for a participant who joins, until that one receives directly too', async () => {
    const { server, publish, microphone } = await meetingThatIsDirect();
    server.socket.receive({ type: 'participant-joined', participant: participant('zac') });
    await settle();
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
  });

  it('does not play the microphone of a muted participant, whatever arrives', async () => {
    const { server, connection } = await meetingThatIsDirect();
    server.socket.receive({ type: 'media-update', participantId: 'zoe', audio: false, video: true });
    await settle();
    expect((connection.transceivers[0]!.receiver.track as FakeTrack).enabled).toBe(false);
  });

  it('closes the connection to a participant who was removed', async () => {
    const { server, connection } = await meetingThatIsDirect();
    server.socket.receive({ type: 'participant-left', participantId: 'zoe', reason: 'removed' });
    await settle();
    expect(connection.connectionState).toBe('closed');
  });

  it('answers the offer of a smaller ID, and of nobody else', async () => {
    const { server } = await joinedMeeting([participant('ada'), participant('zoe')], capabilities);
    await choose(server, 'p2p', 1);
    const count = server.connections.length;
    for (const from of ['zoe', 'stranger']) server.socket.receive({ type: 'offer', from, sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    expect(server.connections.length).toBe(count);
    server.socket.receive({ type: 'offer', from: 'ada', sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    expect(server.socket.sentOf('answer').map(({ to }) => to)).toEqual(['ada']);
  });
});

describe('participants who do not keep to the protocol', () => {
  it('many offers at once open one connection', async () => {
    const { server } = await joinedMeeting([participant('ada')], capabilities);
    await choose(server, 'p2p', 1);
    const count = server.connections.length;
    for (let i = 0; i < 50; i++) server.socket.receive({ type: 'offer', from: 'ada', sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    expect(server.connections.length).toBe(count + 1);
    await vi.advanceTimersByTimeAsync(1_000);
    server.socket.receive({ type: 'offer', from: 'ada', sdp: 'a=mid:0 audio sendrecv' });
    await settle();
    expect(server.connections.length).toBe(count + 2);
  });

  it('one who does not confirm is told again, and after half a minute media goes through the SFU', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    const flowing = setInterval(() => flow(connection), 20);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(server.socket.sentOf('p2p-ready')).toHaveLength(2);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
    await vi.advanceTimersByTimeAsync(30_000);
    clearInterval(flowing);
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
  });

  it('a confirmed connection is reported once', async () => {
    const { server } = await meetingThatIsDirect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.socket.sentOf('p2p-ready')).toHaveLength(1);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
  });
});

describe('the switch back to the SFU', () => {
  it('sends to the SFU at once, plays it when it carries everything, and then closes the direct connection', async () => {
    const { server, meeting, publish, subscribe, connection, microphone } = await meetingThatIsDirect();
    stop(subscribe);
    await vi.advanceTimersByTimeAsync(1_000);
    await choose(server, 'sfu', 4);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(playedOf(meeting, 'zoe')).toBe(connection.transceivers[0]!.receiver.track);
    expect(connection.transceivers[0]!.sender.track).toBe(microphone);

    flow(subscribe);
    await vi.advanceTimersByTimeAsync(100);
    expect(playedOf(meeting, 'zoe')).toBe(subscribe.transceivers[0]!.receiver.track);
    expect(connection.connectionState).toBe('connected'); // zoe may still need it
    await vi.advanceTimersByTimeAsync(1_000);
    expect(connection.connectionState).toBe('closed');
  });

  it('keeps the direct connection for half a second after the SFU has taken over, however late that is', async () => {
    const { server, meeting, subscribe, connection } = await meetingThatIsDirect();
    stop(subscribe);
    await choose(server, 'sfu', 4);
    await vi.advanceTimersByTimeAsync(1_900);
    flow(subscribe);
    await vi.advanceTimersByTimeAsync(450);
    expect(playedOf(meeting, 'zoe')).toBe(subscribe.transceivers[0]!.receiver.track);
    expect(connection.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(500);
    expect(connection.connectionState).toBe('closed');
  });

  it('happens after five seconds even if nothing arrives from the SFU', async () => {
    const { server, meeting, subscribe, connection } = await meetingThatIsDirect();
    stop(subscribe);
    await choose(server, 'sfu', 4);
    await vi.advanceTimersByTimeAsync(5_100);
    expect(playedOf(meeting, 'zoe')).toBe(subscribe.transceivers[0]!.receiver.track);
    expect(connection.connectionState).toBe('connected');
    await vi.advanceTimersByTimeAsync(500);
    expect(connection.connectionState).toBe('closed');
  });

  it('happens when a socket leads to a server of an earlier version', async () => {
    const { server, publish, microphone } = await meetingThatIsDirect();
    server.socket.disconnect();
    await server.nextSocket();
    server.acceptJoin([participant('zoe')]);
    await settle();
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
  });

  it('a lost direct connection falls back to the SFU at once, and is opened again', async () => {
    const { server, meeting, publish, subscribe, connection, microphone } = await meetingThatIsDirect();
    connection.setConnectionState('failed');
    await settle();
    expect(playedOf(meeting, 'zoe')).toBe(subscribe.transceivers[0]!.receiver.track);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
    const offers = server.socket.sentOf('offer').length;
    await vi.advanceTimersByTimeAsync(1_100);
    expect(server.socket.sentOf('offer').length).toBe(offers + 1);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
  });

  it('a direct connection that is lost again and again is reported', async () => {
    const { server, connection } = await meetingThatIsDirect();
    connection.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(1_100);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
    const second = direct(server);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    connect(second);
    flow(second);
    await vi.advanceTimersByTimeAsync(100);
    second.setConnectionState('failed');
    await settle();
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
  });

  it('reports once that a connection carries nothing for ten seconds', async () => {
    const { server, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
  });
});

describe('a failure', () => {
  it('is reported again on the next socket, until the server has answered', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(server.socket.sentOf('p2p-failed')).toHaveLength(1);
    server.socket.disconnect();
    await server.nextSocket();
    server.acceptJoin([participant('zoe')], capabilities);
    await choose(server, 'p2p', 3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
    await choose(server, 'sfu', 4);
    server.socket.disconnect();
    await server.nextSocket();
    server.acceptJoin([participant('zoe')], capabilities);
    await settle();
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
  });

  it('that comes while no socket is open is reported on the next one', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    const first = server.socket;
    first.disconnect();
    server.respond = () => 'unreachable';
    await vi.advanceTimersByTimeAsync(11_000);
    expect(first.sentOf('p2p-failed')).toEqual([]);
    server.respond = call => server.defaultResponse(call);
    await server.nextSocket();
    server.acceptJoin([participant('zoe')], capabilities);
    await settle();
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
  });
});

describe('a clock that is set', () => {
  it('forward is no failure', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.clockJumpMs = 3_600_000;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
  });

  it('back delays neither a failure nor the way back', async () => {
    const { server } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.clockJumpMs = -3_600_000;
    await vi.advanceTimersByTimeAsync(11_000);
    expect(server.socket.sentOf('p2p-failed')).toHaveLength(1);
    const connection = direct(server);
    await choose(server, 'sfu', 4);
    server.clockJumpMs = -7_200_000;
    await vi.advanceTimersByTimeAsync(5_100);
    expect(connection.connectionState).toBe('closed');
  });
});
