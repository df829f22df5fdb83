import { describe, expect, it } from 'vitest';
import type { Bytes } from '../../src/features/e2ee/bytes.js';
import { FrameEngine } from '../../src/features/e2ee/frame-engine.js';
import { escapeNalUnit, readFrame } from '../../src/features/e2ee/frame-format.js';
import { frameKeyOf, ratchet } from '../../src/features/e2ee/frame-key.js';
import { FrameReceiver } from '../../src/features/e2ee/frame-receiver.js';
import { FrameSender, nonceOf } from '../../src/features/e2ee/frame-sender.js';
import { ReplayWindow } from '../../src/features/e2ee/replay-window.js';

const base = (fill = 1): Bytes => new Uint8Array(32).fill(fill);
const meeting = 'm-1';

async function pair(): Promise<{ sender: FrameSender; receiver: FrameReceiver }> {
  const key = await frameKeyOf(base(), { generation: 1, step: 0 }, meeting, 'alice');
  const sender = new FrameSender();
  const receiver = new FrameReceiver();
  sender.setKey(key);
  receiver.addKey(key);
  return { sender, receiver };
}

const bytes = (...values: number[]): Bytes => Uint8Array.from(values);
const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
const hex = (all: Uint8Array): string => [...all].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
const contains = (all: Uint8Array, part: Uint8Array): boolean => hex(all).includes(hex(part));

/** Numbers from 0 to below a limit, the same for the same seed (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** A frame made of genuine ones with up to three changes. */
function mutate(frames: readonly Bytes[], next: (limit: number) => number): Bytes {
  let frame = [...frames[next(frames.length)]!];
  for (let changes = 1 + next(3); changes > 0; changes--) {
    const at = next(frame.length + 1);
    const tail = frame.length - 1 - next(Math.min(16, frame.length + 1)); // in the trailer
    switch (next(6)) {
      case 0: frame[at] = next(256); break;
      case 1: if (tail >= 0) frame[tail] = next(256); break;
      case 2: frame = frame.slice(0, at); break;
      case 3: frame.splice(at, next(20)); break;
      case 4: frame.splice(at, 0, ...new Array<number>(next(20)).fill(next(4))); break;
      default: frame = [...frame.slice(0, at), ...frames[next(frames.length)]!.slice(-at)]; break;
    }
  }
  return Uint8Array.from(frame, byte => byte ?? 0);
}

describe('frames', () => {
  it('silence that a browser does not send stays unsent', async () => {
    const engine = new FrameEngine(() => {});
    engine.handle({ type: 'own-key', key: await frameKeyOf(base(), { generation: 1, step: 0 }, meeting, 'alice') });
    expect(await engine.seal(1, 'microphone', new ArrayBuffer(0), 'audio/opus')).toBeNull();
    expect((await engine.seal(1, 'microphone', new ArrayBuffer(1), 'audio/opus'))?.length).toBeGreaterThan(1);
  });

  const h264 = Uint8Array.from([0, 0, 0, 1, 0x67, 0x42, 0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 0, 1, 0x65, 0xb8, 0, 4, ...new Array<number>(300).fill(7)]);
  const cases: [string, Bytes][] = [
    ['vp8', Uint8Array.from([0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1, ...new Array<number>(300).fill(9)])],
    ['vp8', Uint8Array.from([0x11, 2, 0, ...new Array<number>(300).fill(9)])],
    ['vp9', new Uint8Array(200).fill(5)],
    ['av1', new Uint8Array(7_000).fill(3)],
    ['h264', h264],
    ['opus', new Uint8Array(60).fill(8)],
    ['opus', bytes(8)],
    ['h264', bytes(0, 0, 1, 0x41)],
    ['h264', bytes(1, 2, 3)],
  ];
  it.each(cases)('of %s come back as they were, and their content does not appear in what is sent', async (codec, clear) => {
    const { sender, receiver } = await pair();
    const sealed = (await sender.seal(clear, codec, 'camera'))!;
    if (clear.length > 40) expect(contains(sealed, clear.subarray(30, 46))).toBe(false);
    expect(await receiver.open(1, sealed, 'camera')).toEqual({ clear });
  });

  it('of VP8 keep the bytes in clear that say whether the frame is a key frame and how large it is, and no more', async () => {
    const { sender } = await pair();
    const key = cases[0]![1];
    expect((await sender.seal(key, 'vp8', 'camera'))!.slice(0, 10)).toEqual(key.slice(0, 10));
    const delta = cases[1]![1];
    expect((await sender.seal(delta, 'vp8', 'camera'))!.slice(0, 3)).toEqual(delta.slice(0, 3));
  });

  it('of H.264 keep their parameter sets and one slice header, and contain no start code beyond them', async () => {
    const { sender, receiver } = await pair();
    for (let i = 0; i < 40; i++) {
      const clear = Uint8Array.from([...h264.subarray(0, 24), ...random(1_500)]);
      const sealed = (await sender.seal(clear, 'h264', 'camera'))!;
      expect(sealed.slice(0, 23)).toEqual(clear.slice(0, 23));
      expect(startCodes(sealed)).toBe(3);
      expect(await receiver.open(1, sealed, 'camera')).toEqual({ clear });
    }
  });

  it('of H.264 have no other units in clear than parameter sets and the start of a slice', async () => {
    const { sender, receiver } = await pair();
    const [delimiter, sps, pps] = [bytes(0, 0, 0, 1, 9, 0xf0), bytes(0, 0, 0, 1, 0x67, 0x42, 0, 0x1f), bytes(0, 0, 1, 0x68, 0xce, 0x3c, 0x80)];
    const supplement = bytes(0, 0, 0, 1, 6, 5, 16, ...random(16).map(byte => byte | 4), 0x80);
    const slice = bytes(0, 0, 1, 0x65, 0xb8, 1, 2, 3, 4, 5, 6, 7);
    for (const units of [[delimiter, sps, supplement, pps, slice], [sps, pps, supplement, supplement, slice], [supplement, slice], [supplement]]) {
      const clear = bytes(...units.flatMap(unit => [...unit]));
      const sealed = (await sender.seal(clear, 'h264', 'camera'))!;
      for (const hidden of [delimiter, supplement]) expect(contains(sealed, hidden.subarray(1))).toBe(false);
      for (const needed of [sps, pps]) expect(contains(sealed, needed)).toBe(units.includes(needed));
      expect(await receiver.open(1, sealed, 'camera')).toEqual({ clear });
    }
  });

  it('of H.264 decrypt although the depacketizer wrote longer start codes', async () => {
    const { sender, receiver } = await pair();
    const clear = Uint8Array.from([0, 0, 1, 0x67, 0x42, 0, 0x1f, 0, 0, 1, 0x65, 0xb8, 0, 4, 1, 2, 3, 4, 5]);
    const sealed = (await sender.seal(clear, 'h264', 'camera'))!;
    const rewritten = Uint8Array.from([0, 0, 0, 1, ...sealed.subarray(3, 7), 0, 0, 0, 1, ...sealed.subarray(10)]);
    expect(await receiver.open(1, rewritten, 'camera')).toEqual({ clear });
  });

  it('of AV1 are one OBU of the type frame with its size', async () => {
    const { sender } = await pair();
    const sealed = (await sender.seal(new Uint8Array(300), 'av1', 'camera'))!;
    expect([...sealed.subarray(0, 3)]).toEqual([0x32, ((sealed.length - 3) & 0x7f) | 0x80, (sealed.length - 3) >> 7]);
  });

  it('are dropped when any byte that is not a prefix was changed', async () => {
    const { sender, receiver } = await pair();
    const sealed = (await sender.seal(random(40), 'vp9', 'camera'))!;
    for (let i = 0; i < sealed.length; i++) {
      const changed = Uint8Array.from(sealed);
      changed[i]! ^= 0x40;
      expect(await receiver.open(1, changed, 'camera')).toHaveProperty('dropped');
    }
    expect(await receiver.open(1, sealed, 'camera')).toHaveProperty('clear');
  });

  it('are opened unchanged or dropped, whatever was changed, cut, joined or repeated in them, and the next genuine frame is opened', async () => {
    const next = seeded(7);
    for (const [codec, clear] of cases) {
      const { sender, receiver } = await pair();
      const clears = [clear, random(200)];
      const genuine = await Promise.all(clears.map(async one => (await sender.seal(one, codec, 'camera'))!));
      for (let i = 0; i < 400; i++) {
        const opened = await receiver.open(1, mutate(genuine, next), 'camera');
        if ('clear' in opened) expect(clears).toContainEqual(opened.clear);
      }
      expect(await receiver.open(1, (await sender.seal(clear, codec, 'camera'))!, 'camera')).toEqual({ clear });
    }
  });

  it('are dropped when they are repeated, not encrypted, or shown as another source', async () => {
    const { sender, receiver } = await pair();
    const sealed = (await sender.seal(random(40), 'vp9', 'screen'))!;
    expect(await receiver.open(1, sealed, 'camera')).toEqual({ dropped: 'not-authentic' });
    expect(await receiver.open(1, sealed, 'screen')).toHaveProperty('clear');
    expect(await receiver.open(1, sealed, 'screen')).toEqual({ dropped: 'replayed' });
    expect(await receiver.open(1, random(0), 'camera')).toEqual({ dropped: 'not-encrypted' });
    expect(await receiver.open(1, cases[0]![1], 'camera')).toEqual({ dropped: 'not-encrypted' });
  });

  it('are opened once when two copies arrive at the same time', async () => {
    const { sender, receiver } = await pair();
    const sealed = (await sender.seal(random(40), 'vp9', 'camera'))!;
    const opened = await Promise.all([receiver.open(1, sealed, 'camera'), receiver.open(1, sealed, 'camera')]);
    expect(opened.filter(one => 'clear' in one)).toHaveLength(1);
  });

  it('are opened once by each receiver, as while a new connection takes over from an old one', async () => {
    const { sender, receiver } = await pair();
    const before = (await sender.seal(random(40), 'vp9', 'camera'))!;
    receiver.start(1);
    expect(await receiver.open(1, before, 'camera')).toHaveProperty('clear');
    receiver.start(2);
    const during = (await sender.seal(random(40), 'vp9', 'camera'))!;
    for (const connection of [1, 2]) {
      expect(await receiver.open(connection, during, 'camera')).toHaveProperty('clear');
      expect(await receiver.open(connection, during, 'camera')).toEqual({ dropped: 'replayed' });
    }
    expect(await receiver.open(2, before, 'camera')).toEqual({ dropped: 'replayed' });
  });

  it('are not shown again by a receiver that starts anew or comes back', async () => {
    const { sender, receiver } = await pair();
    receiver.start(1);
    const sealed = (await sender.seal(random(40), 'vp9', 'camera'))!;
    expect(await receiver.open(1, sealed, 'camera')).toHaveProperty('clear');
    receiver.start(1);
    expect(await receiver.open(1, sealed, 'camera')).toEqual({ dropped: 'replayed' });
    receiver.end(1);
    receiver.start(2);
    expect(await receiver.open(2, sealed, 'camera')).toEqual({ dropped: 'replayed' });
  });

  it('of another sender, meeting or key are not authentic', async () => {
    const { sender } = await pair();
    const sealed = (await sender.seal(random(40), 'vp9', 'camera'))!;
    for (const [from, inMeeting, fill] of [['bob', meeting, 1], ['alice', 'm-2', 1], ['alice', meeting, 2]] as const) {
      const other = new FrameReceiver();
      other.addKey(await frameKeyOf(base(fill), { generation: 1, step: 0 }, inMeeting, from));
      expect(await other.open(1, sealed, 'camera')).toEqual({ dropped: 'not-authentic' });
    }
  });

  it('under an unknown key name it', async () => {
    const { sender, receiver } = await pair();
    sender.setKey(await frameKeyOf(await ratchet(base()), { generation: 7, step: 3 }, meeting, 'alice'));
    expect(await receiver.open(1, (await sender.seal(random(9), 'opus', 'microphone'))!, 'microphone')).toEqual({ dropped: 'unknown-key', keyId: { generation: 7, step: 3 } });
  });

  it('are not sent without a key', async () => {
    expect(await new FrameSender().seal(random(40), 'vp8', 'camera')).toBeNull();
  });

  it('never use a nonce twice, over concurrent layers, changes of the key and a change back', async () => {
    const { sender } = await pair();
    const key = await frameKeyOf(base(), { generation: 1, step: 0 }, meeting, 'alice');
    const nonces = new Set<string>();
    for (let round = 0; round < 50; round++) {
      const frames = await Promise.all(['camera', 'camera', 'camera', 'microphone'].map(source => sender.seal(random(20), 'vp9', source as 'camera')));
      for (const frame of frames) nonces.add(hex(nonceOf(key.salt, readFrame(frame!)!.trailer.counter)));
      sender.setKey(key);
    }
    expect(nonces.size).toBe(200);
  });

  it('of any bytes never make the reader throw', async () => {
    const { receiver } = await pair();
    for (let i = 0; i < 1_000; i++) {
      const frame = random(Math.floor(Math.random() * 80));
      if (frame.length > 0 && i % 2 === 0) frame[frame.length - 1] = i % 4 === 0 ? 0x11 : 0x12;
      expect(await receiver.open(1, frame, 'camera')).toHaveProperty('dropped');
    }
  });

  it('keep the last four keys', async () => {
    const receiver = new FrameReceiver();
    const sender = new FrameSender();
    const sealed = [];
    for (let generation = 1; generation <= 5; generation++) {
      const key = await frameKeyOf(base(generation), { generation, step: 0 }, meeting, 'alice');
      sender.setKey(key);
      receiver.addKey(key);
      sealed.push((await sender.seal(random(20), 'vp9', 'camera'))!);
    }
    const opened = await Promise.all(sealed.map(frame => receiver.open(1, frame, 'camera')));
    expect(opened.map(one => 'clear' in one)).toEqual([false, true, true, true, true]);
  });
});

describe('keys that frames name', () => {
  const keyOf = (step: number) => frameKeyOf(base(step), { generation: 1, step }, meeting, 'alice');
  const framesUnder = async (...steps: number[]): Promise<Bytes[]> => {
    const sender = new FrameSender();
    const frames = [];
    for (const step of steps) {
      sender.setKey(await keyOf(step));
      frames.push((await sender.seal(random(20), 'vp9', 'camera'))!);
    }
    return frames;
  };
  const opens = async (receiver: FrameReceiver, frame: Bytes): Promise<boolean> => 'clear' in await receiver.open(1, frame, 'camera');

  it('displace no key before a frame under them was opened', async () => {
    const [first, second, third] = await framesUnder(0, 0, 1);
    const receiver = new FrameReceiver();
    receiver.addKey(await keyOf(0));
    expect(await opens(receiver, first!)).toBe(true);
    for (const step of [50, 60, 70, 80, 90, 100]) receiver.addGuess(await keyOf(step));
    expect(await opens(receiver, second!)).toBe(true);
    receiver.addGuess(await keyOf(1));
    expect(await opens(receiver, third!)).toBe(true);
  });

  it('show no frame again when they were dropped and are named anew', async () => {
    const frames = await framesUnder(0, 1, 2, 3, 4);
    const receiver = new FrameReceiver();
    for (const [step, frame] of frames.entries()) {
      receiver.addGuess(await keyOf(step));
      expect(await opens(receiver, frame)).toBe(true);
    }
    for (const [step, frame] of frames.entries()) {
      receiver.addGuess(await keyOf(step));
      expect(await opens(receiver, frame)).toBe(false);
    }
  });
});

describe('nonces', () => {
  it('differ for all counters, also beyond 32 bits', () => {
    const salt = random(12);
    const counters = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 48 - 1];
    expect(new Set(counters.map(counter => hex(nonceOf(salt, counter)))).size).toBe(counters.length);
  });
});

describe('emulation prevention', () => {
  it('leaves no three bytes that a decoder takes for a start code', () => {
    for (const value of [0, 1, 2, 3]) expect(contains(escapeNalUnit(bytes(9, 0, 0, value, 9)), bytes(0, 0, value === 3 ? 0 : value))).toBe(false);
    expect([...escapeNalUnit(bytes(0, 0, 0, 0, 0, 1))]).toEqual([0, 0, 3, 0, 0, 3, 0, 1]);
  });
});

describe('the replay window', () => {
  it('accepts each counter once, reordered and with gaps', () => {
    const window = new ReplayWindow();
    for (const counter of [5, 3, 4, 0, 4_000, 1, 4_095]) {
      expect(window.accepts(counter)).toBe(true);
      window.record(counter);
      expect(window.accepts(counter)).toBe(false);
    }
    expect(window.accepts(2)).toBe(true);
  });

  it('does not accept what is older than the window, before and after a jump', () => {
    const window = new ReplayWindow();
    window.record(5_000);
    expect(window.accepts(904)).toBe(false);
    expect(window.accepts(905)).toBe(true);
    window.record(1_000_000_000_000);
    expect(window.accepts(5_001)).toBe(false);
    expect(window.accepts(999_999_999_999)).toBe(true);
  });

  it('agrees with a set of all counters', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let newest = 0;
    for (let i = 0; i < 10_000; i++) {
      const counter = Math.max(0, newest + Math.floor(Math.random() * 6_000) - 4_500);
      const expected = !seen.has(counter) && counter > newest - 4_096;
      expect(window.accepts(counter)).toBe(expected);
      if (!expected) continue;
      window.record(counter);
      seen.add(counter);
      newest = Math.max(newest, counter);
    }
  });
});

function startCodes(frame: Uint8Array): number {
  let count = 0;
  for (let i = 0; i + 2 < frame.length; i++) if (frame[i] === 0 && frame[i + 1] === 0 && frame[i + 2] === 1) count++;
  return count;
}
