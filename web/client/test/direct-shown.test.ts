import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cameraLimits, screenLimits } from '../src/features/direct/limits.js';
import { readState, writeState } from '../src/features/direct/shown.js';
import { choose, connect, direct, flow, flowTo, meetingThatIsDirect, meetingWithZoe, playedOf } from './direct-meeting.js';
import { settle, track, type FakePeerConnection, type FakeTrack } from './fakes.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const picture = (source: 'camera' | 'screen', width: number, height: number): object => ({ source, width, height });
const sent = (connection: FakePeerConnection): unknown[] => connection.transceivers.map(({ sender }) => sender.track);
const scale = (connection: FakePeerConnection): unknown => [connection.transceivers[1]!.encodings[0]!.scaleResolutionDownBy, connection.transceivers[1]!.encodings[0]!.maxBitrate];
const sized = (width: number, height: number): MediaStreamTrack => {
  const made = track('video');
  (made as unknown as FakeTrack).settings = { width, height };
  return made;
};
const camera = (height = 720): MediaStreamTrack => sized(height * 16 / 9, height);

describe('pictures that the other participant shows', () => {
  it('only sound is sent to one who shows none, and pictures as soon as they are shown', async () => {
    const { meeting, connection, microphone } = await meetingThatIsDirect([]);
    const [face, screen] = [camera(), track('video')];
    await meeting.publish(face, 'camera');
    await meeting.publish(screen, 'screen');
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(connection)).toEqual([microphone, null, null, null]);
    connection.channel?.receive([picture('screen', 1920, 1080)]);
    await settle();
    expect(sent(connection)).toEqual([microphone, null, screen, null]);
    await vi.advanceTimersByTimeAsync(300);
    connection.channel?.receive([picture('camera', 1280, 720)]);
    await settle();
    expect(sent(connection)).toEqual([microphone, face, null, null]);
  });

  it('nothing but sound is sent before the other one has said what it shows', async () => {
    const { meeting, server, microphone } = await meetingWithZoe();
    await meeting.publish(camera(), 'camera');
    await choose(server, 'p2p', 3);
    expect(sent(direct(server))).toEqual([microphone, null, null, null]);
  });

  it('a camera that replaces another one is sent only if it is shown', async () => {
    const { meeting, connection } = await meetingThatIsDirect([]);
    await meeting.publish(camera(), 'camera');
    const second = camera();
    await meeting.replaceTrack('camera', second);
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(connection)[1]).toBeNull();
    connection.channel?.receive([picture('camera', 1280, 720)]);
    await settle();
    expect(sent(connection)[1]).toBe(second);
    await meeting.replaceTrack('camera', null);
    await settle();
    expect(sent(connection)[1]).toBeNull();
  });

  it('the camera has the size in which it is shown', async () => {
    const { meeting, connection } = await meetingThatIsDirect([picture('camera', 640, 360)]);
    await meeting.publish(camera(), 'camera');
    await settle();
    expect(scale(connection)).toEqual([2, 400_000]);
    connection.channel?.receive([picture('camera', 320, 180)]);
    await vi.advanceTimersByTimeAsync(300);
    expect(scale(connection)).toEqual([4, 150_000]);
    await meeting.replaceTrack('camera', camera(360));
    await settle();
    expect(scale(connection)).toEqual([2, 400_000]);
    connection.channel?.receive([picture('camera', 1280, 720)]);
    await vi.advanceTimersByTimeAsync(300);
    expect(scale(connection)).toEqual([1, 1_500_000]);
  });

  it('a screen is sent like to a media node, and smaller only while it is shown smaller', async () => {
    const { meeting, connection } = await meetingThatIsDirect([picture('screen', 3840, 2160)]);
    const screen = sized(3840, 2160);
    await meeting.publish(screen, 'screen');
    await settle();
    const [encoding] = connection.transceivers[2]!.encodings;
    expect(encoding).toMatchObject({ maxBitrate: 2_500_000, maxFramerate: 10, scaleResolutionDownBy: 2 });
    connection.channel?.receive([picture('screen', 480, 270)]);
    await vi.advanceTimersByTimeAsync(300);
    expect(connection.transceivers[2]!.encodings[0]).toMatchObject({ maxBitrate: 400_000, maxFramerate: 10, scaleResolutionDownBy: 8 });
    (screen as unknown as FakeTrack).settings = { width: 640, height: 480 };
    await vi.advanceTimersByTimeAsync(2_100);
    expect(connection.transceivers[2]!.encodings[0]).toMatchObject({ maxBitrate: 2_500_000, maxFramerate: 10, scaleResolutionDownBy: 1 });
  });

  it('a camera that becomes smaller is made less small', async () => {
    const { meeting, connection } = await meetingThatIsDirect([picture('camera', 640, 360)]);
    const face = camera();
    await meeting.publish(face, 'camera');
    await settle();
    expect(scale(connection)).toEqual([2, 400_000]);
    (face as unknown as FakeTrack).settings = { width: 640, height: 360 };
    await vi.advanceTimersByTimeAsync(2_100);
    expect(scale(connection)).toEqual([1, 1_500_000]);
  });

  it('a limit that the browser applies only with the next frame delays no track', async () => {
    const { meeting, connection } = await meetingThatIsDirect([picture('camera', 640, 360)]);
    connection.transceivers[1]!.sender.setParameters = () => new Promise(() => {});
    await meeting.publish(camera(), 'camera');
    await settle();
    const second = camera();
    await meeting.replaceTrack('camera', second);
    await settle();
    expect(sent(connection)[1]).toBe(second);
  });

  it('many changes at once change the encoder twice', async () => {
    const { meeting, connection } = await meetingThatIsDirect([]);
    await meeting.publish(camera(), 'camera');
    const { sender } = connection.transceivers[1]!;
    await vi.advanceTimersByTimeAsync(300);
    const replace = vi.spyOn(sender, 'replaceTrack');
    for (let i = 0; i < 51; i++) connection.channel?.receive(i % 2 === 0 ? [picture('camera', 1280, 720)] : []);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(replace).toHaveBeenCalledTimes(1);
    expect(sender.track).not.toBeNull();
  });

  it.each([
    ['that repeat what is known', [picture('camera', 1280, 720)]],
    ['that are invalid', `[${' '.repeat(900)}null]`],
  ])('a flood of messages %s is parsed four times a second, and the newest one is applied', async (_, flood) => {
    const { meeting, connection } = await meetingThatIsDirect([picture('camera', 1280, 720)]);
    const face = camera();
    await meeting.publish(face, 'camera');
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(connection)[1]).toBe(face);
    const parse = vi.spyOn(JSON, 'parse');
    for (let i = 0; i < 200; i++) {
      for (let j = 0; j < 50; j++) connection.channel?.receive(flood);
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(parse.mock.calls.length).toBeLessThanOrEqual(5);
    parse.mockRestore();
    connection.channel?.receive([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(sent(connection)[1]).toBeNull();
  });

  it('messages that are invalid change nothing', async () => {
    const { meeting, connection } = await meetingThatIsDirect();
    const face = camera();
    await meeting.publish(face, 'camera');
    await settle();
    for (const message of ['', 'null', '{', '[null]', new ArrayBuffer(8), [{ source: 'microphone', width: 1, height: 1 }], [picture('camera', 0, 10)], [picture('camera', 1e9, 10)], `[${' '.repeat(2_000)}]`]) {
      connection.channel?.receive(message);
      await vi.advanceTimersByTimeAsync(300);
      expect(sent(connection)[1]).toBe(face);
    }
  });
});

describe('what this page shows', () => {
  it('the other participant is told when the connection opens and with every change, and nobody about others', async () => {
    const { server, meeting } = await meetingWithZoe();
    meeting.show([{ participantId: 'zoe', source: 'camera', width: 640, height: 360 }, { participantId: 'eve', source: 'camera', width: 100, height: 100 }]);
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    const told = () => connection.channel?.sent.map(text => JSON.parse(text) as unknown);
    expect(told()).toEqual([[picture('camera', 640, 360)]]);
    meeting.show([{ participantId: 'zoe', source: 'camera', width: 640, height: 360 }]);
    expect(told()).toHaveLength(1);
    meeting.show([]);
    expect(told()).toEqual([[picture('camera', 640, 360)], []]);
  });

  it('a page that never says what it shows gets everything', async () => {
    const { connection } = await meetingThatIsDirect();
    expect(connection.channel?.sent).toEqual([JSON.stringify([picture('camera', 16_384, 16_384), picture('screen', 16_384, 16_384)])]);
  });

  it('with sound only, the switches to direct connections and back need no pictures', async () => {
    const { server, meeting, subscribe } = await meetingWithZoe();
    meeting.show([]);
    subscribe.transceivers[1]!.receiver.getSynchronizationSources = () => []; // the SFU sends no picture either
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    for (const { receiver } of connection.transceivers) receiver.getSynchronizationSources = () => [];
    flowTo(connection.transceivers[0]!);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(playedOf(meeting, 'zoe')).toBe(connection.transceivers[0]!.receiver.track);
    server.socket.receive({ type: 'p2p-ready', from: 'zoe', generation: 3 });
    await choose(server, 'sfu', 4);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(playedOf(meeting, 'zoe')).toBe(subscribe.transceivers[0]!.receiver.track);
  });

  it('a picture that is hidden during the switch is no longer waited for', async () => {
    const { server, meeting, subscribe } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    for (const { receiver } of connection.transceivers) receiver.getSynchronizationSources = () => [];
    connect(connection);
    flowTo(connection.transceivers[0]!);
    await vi.advanceTimersByTimeAsync(500);
    meeting.show([]);
    await vi.advanceTimersByTimeAsync(300);
    subscribe.transceivers[1]!.receiver.getSynchronizationSources = () => []; // the media node learns it later
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.socket.sentOf('p2p-ready')).toHaveLength(1);
  });

  it('a participant whose page does not tell what it shows keeps the meeting on the SFU', async () => {
    const { server, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    direct(server).setConnectionState('connected');
    flow(direct(server));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(server.socket.sentOf('p2p-ready')).toEqual([]);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
  });

  it('a picture that is shown later and does not arrive makes everybody use the SFU', async () => {
    const { server, meeting } = await meetingWithZoe();
    meeting.show([]);
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    const connection = direct(server);
    connect(connection);
    flowTo(connection.transceivers[0]!); // the network carries only small packets
    await vi.advanceTimersByTimeAsync(30_000);
    expect([server.socket.sentOf('p2p-ready').length > 0, server.socket.sentOf('p2p-failed')]).toEqual([true, []]);
    server.socket.receive({ type: 'p2p-ready', from: 'zoe', generation: 3 });
    meeting.show([{ participantId: 'zoe', source: 'camera', width: 640, height: 360 }]);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.socket.sentOf('p2p-failed')).toEqual([{ type: 'p2p-failed', generation: 3 }]);
  });

  it('this page sends to the SFU while the other one cannot tell what it shows, whatever it confirms', async () => {
    const { server, publish, microphone } = await meetingWithZoe();
    await choose(server, 'p2p', 3);
    server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
    await settle();
    server.socket.receive({ type: 'p2p-ready', from: 'zoe', generation: 3 });
    await vi.advanceTimersByTimeAsync(600);
    expect(publish.transceivers[0]!.sender.track).toBe(microphone);
    connect(direct(server));
    await settle();
    await vi.advanceTimersByTimeAsync(600);
    expect(publish.transceivers[0]!.sender.track).toBeNull();
  });

  it('a connection that the other one closes is opened again, and media flows through the SFU meanwhile', async () => {
    const { server, publish, connection, microphone } = await meetingThatIsDirect();
    expect(publish.transceivers[0]!.sender.track).toBeNull();
    for (let reload = 0; reload < 3; reload++) {
      const offers = server.socket.sentOf('offer').length;
      (reload === 0 ? connection : direct(server)).channel?.onclose?.();
      await settle();
      expect(publish.transceivers[0]!.sender.track).toBe(microphone);
      await vi.advanceTimersByTimeAsync(1_100);
      expect(server.socket.sentOf('offer').length).toBe(offers + 1);
      server.socket.receive({ type: 'answer', from: 'zoe', sdp: 'answer' });
      await settle();
      connect(direct(server));
      flow(direct(server));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(server.socket.sentOf('p2p-failed')).toEqual([]);
  });
});

describe('the size of a picture', () => {
  it('that of a camera is the smallest that suffices in one dimension', () => {
    const camera = { width: 1280, height: 720 };
    const cases: [number, number, number][] = [[1280, 720, 1], [640, 361, 2], [640, 360, 2], [320, 180, 4], [426, 240, 4], [430, 242, 2], [2000, 180, 4], [1, 16_384, 4]];
    for (const [width, height, expected] of cases) expect([width, height, cameraLimits(camera, { width, height }, null).scaleResolutionDownBy]).toEqual([width, height, expected]);
    expect(cameraLimits({}, { width: 640, height: 360 }, null)).toEqual({ maxBitrate: 400_000, maxFramerate: 30, scaleResolutionDownBy: 2 });
    expect(cameraLimits(camera, camera, 90_000).maxBitrate).toBe(90_000);
  });

  it('that of a screen is at most 1920 by 1080, whichever side is the longer one, and never smaller than it is shown', () => {
    const sizes: [number, number, number, number, number, number][] = [
      [1920, 1080, 1920, 1080, 1920, 1080], [3840, 2160, 16_384, 16_384, 1920, 1080], [2160, 3840, 16_384, 16_384, 1080, 1920], [2560, 1600, 1920, 1080, 1728, 1080],
      [1280, 720, 1920, 1080, 1280, 720], [1920, 1080, 961, 541, 1920, 1080], [1920, 1080, 960, 900, 960, 540], [3840, 2160, 200, 200, 480, 270],
    ];
    for (const [width, height, shownWidth, shownHeight, sentWidth, sentHeight] of sizes) {
      const { scaleResolutionDownBy: by } = screenLimits({ width, height }, { width: shownWidth, height: shownHeight });
      expect([width / by, height / by].map(Math.round)).toEqual([sentWidth, sentHeight]);
    }
    expect(screenLimits({}, { width: 1920, height: 1080 }).scaleResolutionDownBy).toBe(1);
  });

  it('a message says the same when it is read', () => {
    const shown = new Map([['camera', { width: 3, height: 4 }]] as const);
    expect(readState(writeState({ shown, published: null }))).toEqual({ shown, published: null });
  });

  it('a source that a message names twice is published once', () => {
    expect(readState('{"shown":[],"published":["microphone","camera","microphone"]}')?.published).toEqual(['microphone', 'camera']);
  });
});
