import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ShownTrack } from '../src/index.js';
import { joinedMeeting, joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const withView = { capabilities: { view: true } };
const camera = (participantId: string, width = 320): ShownTrack => ({ participantId, source: 'camera', width, height: 180 });

describe('what the page shows', () => {
  const sentWidths = ({ socket }: Awaited<ReturnType<typeof joinedMeeting>>['server']) => socket.sentOf('view').map(message => message.tracks[0]!.width);

  it('two views are sent at once, and later ones at most four times a second', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    for (let width = 100; width < 140; width++) meeting.show([camera('bob', width)]);
    expect(sentWidths(server)).toEqual([100, 101]);
    await vi.advanceTimersByTimeAsync(250);
    expect(sentWidths(server)).toEqual([100, 101, 139]);
    for (let width = 140; width < 240; width++) {
      meeting.show([camera('bob', width)]);
      await vi.advanceTimersByTimeAsync(10);
    }
    expect(sentWidths(server)).toHaveLength(7);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sentWidths(server).at(-1)).toBe(239);
    meeting.show([camera('bob', 300)]);
    meeting.show([camera('bob', 301)]);
    expect(sentWidths(server).slice(-2)).toEqual([300, 301]);
  });

  it('participants that the page draws just after the join are asked for at once', async () => {
    const { server, meeting } = await joinMeeting();
    meeting.show([]);
    server.acceptJoin([], withView);
    meeting.show([camera('bob')]);
    expect(server.socket.sentOf('view').map(message => message.tracks.length)).toEqual([0, 1]);
  });

  it('the same tracks in another order are not sent again', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    meeting.show([camera('bob'), camera('eve')]);
    await vi.advanceTimersByTimeAsync(250);
    meeting.show([camera('eve'), camera('bob')]);
    expect(server.socket.sentOf('view')).toHaveLength(1);
  });

  it('sizes are whole numbers that the server accepts', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    meeting.show([{ participantId: 'bob', source: 'screen', width: 0, height: 90_000.4 }, { participantId: 'eve', source: 'camera', width: 320.6, height: 180.2 }]);
    expect(server.socket.sentOf('view')[0]!.tracks).toEqual([
      { participantId: 'bob', source: 'screen', width: 1, height: 16_384 }, { participantId: 'eve', source: 'camera', width: 321, height: 180 },
    ]);
  });

  it('the view is sent again after a reconnect', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    meeting.show([camera('bob')]);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], withView);
    expect(server.socket.sentOf('view')).toHaveLength(1);
    expect(server.socket.sentOf('view')[0]!.tracks).toEqual([camera('bob')]);
  });

  it('a server without the capability gets no view', async () => {
    const { server, meeting } = await joinedMeeting();
    meeting.show([camera('bob')]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.sentOf('view')).toEqual([]);
  });

  it('a pinned track is marked in the view', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    meeting.show([{ ...camera('bob'), pinned: true }, { ...camera('eve'), pinned: false }]);
    expect(server.socket.sentOf('view')[0]!.tracks).toEqual([{ ...camera('bob'), pinned: true }, camera('eve')]);
  });

  it('participants stay pinned while nothing is shown, after a reconnect too, until they are not', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    meeting.show([], ['eve', 'bob']);
    expect(server.socket.sentOf('view')).toEqual([{ type: 'view', tracks: [], pinned: ['bob', 'eve'] }]);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], withView);
    expect(server.socket.sentOf('view')).toEqual([{ type: 'view', tracks: [], pinned: ['bob', 'eve'] }]);
    await vi.advanceTimersByTimeAsync(250);
    meeting.show([], []);
    expect(server.socket.sentOf('view').at(-1)).toEqual({ type: 'view', tracks: [] });
  });

  it('the snapshot lists the tracks that are paused, until the server says otherwise', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    expect(meeting.snapshot.paused).toEqual([]);
    server.socket.receive({ type: 'paused', tracks: [{ participantId: 'bob', source: 'camera', later: 1 }] });
    expect(meeting.snapshot.paused).toEqual([{ participantId: 'bob', source: 'camera' }]);
    server.socket.receive({ type: 'paused', tracks: 'all' });
    expect(meeting.snapshot.paused).toHaveLength(1);
    server.socket.receive({ type: 'paused', tracks: [] });
    expect(meeting.snapshot.paused).toEqual([]);
  });

  it('after a reconnect nothing is paused until the server says so', async () => {
    const { server, meeting } = await joinedMeeting([], withView);
    server.socket.receive({ type: 'paused', tracks: [{ participantId: 'bob', source: 'camera' }] });
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([], withView);
    expect(meeting.snapshot.paused).toEqual([]);
  });

  it('a page that never tells what it shows sends no view', async () => {
    const { server } = await joinedMeeting([], withView);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.socket.sentOf('view')).toEqual([]);
  });
});
