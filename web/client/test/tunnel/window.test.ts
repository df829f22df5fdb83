import { afterEach, describe, expect, it, vi } from 'vitest';
import { isDead, isSuspect, nextHealth, pathCounts, type PathHealth } from '../../src/features/media/path-health.js';
import { pathRecords } from '../../src/features/tunnel/records.js';
import { TunnelLink } from '../../src/features/tunnel/link.js';
import { TunnelWindow } from '../../src/features/tunnel/window.js';

/** A line with a queue that never drops, always full. Returns the bits per second and the longest time from a byte to its acknowledgement, after it has settled. */
function fill(bitsPerSecond: number, roundTripMs: number): { rate: number; longest: number } {
  const window = new TunnelWindow();
  const acknowledgements: { at: number; total: number; sent: number }[] = [];
  let [freeAt, sent, delivered, longest] = [0, 0, 0, 0];
  for (let now = 0; now < 160_000; now++) {
    while (acknowledgements[0] !== undefined && acknowledgements[0].at <= now) {
      const next = acknowledgements.shift()!;
      window.onAcknowledged(next.total, next.at);
      if (now < 100_000) continue;
      delivered += 1_000;
      longest = Math.max(longest, next.at - next.sent);
    }
    while (window.free > 0) {
      sent += 1_000;
      window.onSent(1_000, now);
      freeAt = Math.max(freeAt, now) + 8_000_000 / bitsPerSecond;
      acknowledgements.push({ at: freeAt + roundTripMs, total: sent, sent: now });
    }
  }
  return { rate: delivered * 8 / 60, longest };
}

describe('what is under way on a tunnel', () => {
  it.each([[1_000_000, 20, 220], [1_000_000, 100, 260], [500_000, 40, 290], [10_000_000, 100, 250]])('at %d bit/s with %d ms uses the line and adds little delay', (bitsPerSecond, roundTripMs, limit) => {
    const { rate, longest } = fill(bitsPerSecond, roundTripMs);
    expect(rate).toBeGreaterThan(bitsPerSecond * 0.9);
    expect(longest).toBeLessThan(limit);
  });
});

describe('the WebSocket of a tunnel', () => {
  afterEach(() => { vi.useRealTimers(); });

  const open = () => {
    let now = 0;
    const sent: (string | Uint8Array)[] = [];
    const socket = { readyState: 1, send: (data: string | Uint8Array) => sent.push(data), close: () => undefined, onmessage: null as ((event: { data: unknown }) => void) | null, binaryType: '' };
    const seen = { packets: [] as Uint8Array[], closed: 0, dropped: 0 };
    const link = new TunnelLink(socket as unknown as WebSocket, () => now, {
      onOpen: () => undefined, onPacket: packet => seen.packets.push(packet), onClosed: () => { seen.closed++; }, onDropped: () => { seen.dropped++; },
    });
    return { link, sent, seen, receive: (data: unknown) => socket.onmessage?.({ data }), wait: (ms: number) => { now += ms; } };
  };
  const kilobyte = (value: number): Uint8Array => new Uint8Array(1_000).fill(value);
  const kinds = (sent: readonly (string | Uint8Array)[]): number[] => sent.flatMap(one => (typeof one === 'string' ? [] : [one[2]!]));

  it('lets sound overtake video, and drops video that is late', () => {
    const { link, sent, seen, receive, wait } = open();
    for (let i = 0; i < 60; i++) link.sendVideo([kilobyte(2)], false);
    const before = sent.length;
    expect(before).toBeGreaterThan(30);
    link.sendUrgent(kilobyte(1));
    receive(`${2_004}`);
    const [first, ...others] = kinds(sent.slice(before));
    expect([first, new Set(others)]).toEqual([1, new Set([2])]);
    const after = sent.length;
    wait(250);
    link.sendVideo([kilobyte(3)], false);
    receive(`${after * 1_002}`);
    expect(seen.dropped).toBe(1);
    expect(kinds(sent.slice(after))).toEqual([]);
  });

  it('lets sound overtake the rest of a large frame', () => {
    const { link, sent, receive } = open();
    link.sendVideo(Array.from({ length: 200 }, () => kilobyte(2)), false);
    const before = sent.length;
    expect(before).toBeLessThan(40);
    link.sendUrgent(kilobyte(1));
    receive(`${before * 1_002}`);
    expect(kinds(sent.slice(before))[0]).toBe(1);
  });

  /** A line of 200 kbit/s that delays by 25 ms in each direction. Every 20 ms there is sound, and `each` is called before. A first key frame has shown how narrow the line is. Returns the longest time that sound took after the first ten seconds. */
  const talk = (milliseconds: number, each: (link: TunnelLink, now: number) => void) => {
    const { link, sent, seen, receive, wait } = open();
    const line: { at: number; total: number; soundAt: number | null }[] = [];
    const spokenAt: number[] = [];
    let [freeAt, taken, total, longest] = [0, 0, 0, 0];
    for (let now = 0; now < milliseconds; now++, wait(1)) {
      while (line[0] !== undefined && line[0].at <= now) {
        const arrived = line.shift()!;
        if (arrived.soundAt !== null && now > 10_000) longest = Math.max(longest, arrived.at - 25 - arrived.soundAt);
        receive(String(arrived.total));
      }
      if (now === 3_000) link.sendVideo(Array.from({ length: 18 }, () => kilobyte(9)), true);
      each(link, now);
      if (now % 20 === 0) {
        spokenAt.push(now);
        link.sendUrgent(new Uint8Array(80).fill(1));
      }
      for (; taken < sent.length; taken++) {
        const data = sent[taken] as Uint8Array;
        total += data.length;
        freeAt = Math.max(freeAt, now) + data.length * 8 / 200;
        line.push({ at: freeAt + 50, total, soundAt: data[2] === 1 ? spokenAt.shift()! : null });
      }
    }
    return { sent, seen, longest };
  };

  it('gets a key frame through that takes a second on a narrow line, and what follows it, while sound goes on', () => {
    const { sent, seen, longest } = talk(15_000, (link, now) => {
      if (now === 12_000) link.sendVideo(Array.from({ length: 30 }, () => kilobyte(2)), true);
      if (now === 12_100) link.sendVideo([kilobyte(3), kilobyte(3)], false);
    });
    const video = kinds(sent).filter(kind => kind !== 1);
    expect([video.filter(kind => kind === 2).length, video.filter(kind => kind === 3).length, seen.dropped]).toEqual([30, 2, 0]);
    expect(longest).toBeLessThan(500);
  });

  it('gives a key frame up that takes much longer, and other frames that are late', () => {
    const { sent, seen } = talk(16_000, (link, now) => {
      if (now === 12_000) link.sendVideo(Array.from({ length: 80 }, () => kilobyte(2)), true);
    });
    expect(kinds(sent).filter(kind => kind === 2).length).toBeLessThan(60);
    expect(seen.dropped).toBe(1);
    const frames = talk(14_000, (link, now) => {
      if (now === 12_000) link.sendVideo(Array.from({ length: 30 }, () => kilobyte(2)), false);
    });
    expect(kinds(frames.sent).filter(kind => kind === 2).length).toBeLessThan(30);
    expect(frames.seen.dropped).toBe(1);
  });

  it('acknowledges what has arrived soon, and much at once', () => {
    vi.useFakeTimers();
    const { sent, seen, receive, wait } = open();
    receive(new Uint8Array([0, 2, 5, 6, 0, 1]).buffer);
    receive(new Uint8Array([7]).buffer);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(20);
    expect(sent).toEqual(['7']);
    expect(seen.packets.map(packet => [...packet])).toEqual([[5, 6], [7]]);
    receive(new Uint8Array(20_000).buffer);
    expect(sent).toEqual(['7', '20007']);
    receive(new Uint8Array(10).buffer);
    wait(30); // the timer of a hidden page has not run
    receive(new Uint8Array(10).buffer);
    expect(sent).toEqual(['7', '20007', '20027']);
    vi.advanceTimersByTime(1_000);
    expect(sent).toHaveLength(3);
  });

  it('is a dead path when nothing is acknowledged any more, and not while it is only idle', () => {
    vi.useFakeTimers();
    const { link, receive } = open();
    let health: PathHealth | null = null;
    const second = (answer: boolean) => {
      link.reports++;
      link.sendUrgent(kilobyte(1));
      if (answer) receive(`${link.bytesSent}`);
      vi.advanceTimersByTime(1_000);
      health = nextHealth(health, pathCounts(new Map(pathRecords(link, true).map(record => [record.id, record])) as unknown as RTCStatsReport), Date.now());
    };
    for (let count = 0; count < 20; count++) second(true);
    expect(isSuspect(health)).toBe(false);
    for (let count = 0; count < 4; count++) second(false);
    expect([isSuspect(health), isDead(health)]).toEqual([true, false]);
    for (let count = 0; count < 2; count++) second(false);
    expect(isDead(health)).toBe(true);
  });

  it('ends when the stream cannot be read', () => {
    const { seen, receive } = open();
    receive(new Uint8Array([0xff, 0xff]).buffer);
    receive(new Uint8Array([0, 1, 7]).buffer);
    expect(seen).toMatchObject({ closed: 1, packets: [] });
  });
});
