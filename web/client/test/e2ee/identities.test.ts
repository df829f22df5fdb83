import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bytes } from '../../src/features/e2ee/bytes.js';
import { FrameEngine } from '../../src/features/e2ee/frame-engine.js';
import { frameKeyOf, maxGeneration, ratchet } from '../../src/features/e2ee/frame-key.js';
import { FrameSender } from '../../src/features/e2ee/frame-sender.js';
import { createIdentity, messageKey, type Identity } from '../../src/features/e2ee/identity.js';
import { sealMessage } from '../../src/features/e2ee/key-message.js';
import { KeySchedule } from '../../src/features/e2ee/key-schedule.js';
import type { WorkerReport } from '../../src/features/e2ee/worker-messages.js';
import { Client, meet, phraseOf, untilOpens } from './encrypted-meeting.js';

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }); });
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const base = new Uint8Array(32).fill(6);

/** A server that announces a participant with an identity of its own, under the highest generation: no later key is newer. */
class Impostor {
  readonly #sender = new FrameSender();

  private constructor(readonly id: string, readonly identity: Identity) {}

  static async create(id: string): Promise<Impostor> {
    return new Impostor(id, await createIdentity());
  }

  announceTo(victim: Client): void {
    victim.handle({ type: 'participant-joined', participant: { participantId: this.id, identityKey: this.identity.publicKey } });
  }

  async keyFor(receiverId: string, receiverKey: string): Promise<string> {
    const direction = { meetingId: 'm-1', senderId: this.id, senderKey: this.identity.publicKey, receiverId, receiverKey };
    return sealMessage({ kind: 'key', base, generation: maxGeneration, step: 0 }, 1, (await messageKey(this.identity, receiverKey, direction))!, direction);
  }

  async sendKeyTo(victim: Client): Promise<void> {
    victim.handle({ type: 'e2ee-key', from: this.id, payload: await this.keyFor(victim.name, victim.identity.publicKey) });
  }

  /** A frame of the server's making. */
  async forge(step: number): Promise<Bytes> {
    let key: Bytes = base;
    for (let i = 0; i < step; i++) key = await ratchet(key);
    this.#sender.setKey(await frameKeyOf(key, { generation: maxGeneration, step }, 'm-1', this.id));
    return (await this.#sender.seal(new Uint8Array(20), 'vp9', 'camera'))!;
  }
}

const compute = crypto.subtle.deriveBits.bind(crypto.subtle);

/** Runs this once, while the next key for frames is computed. */
function whileKeyIsComputed(action: () => void): void {
  let isDone = false;
  vi.spyOn(crypto.subtle, 'deriveBits').mockImplementation(async (...parameters) => {
    const bits = await compute(...parameters);
    if (parameters[2] === 28 * 8 && !isDone) {
      isDone = true;
      action();
    }
    return bits;
  });
}

describe('a server that puts a participant in the place of its own one', { timeout: 30_000 }, () => {
  it('cannot forge frames with a key that the page computed meanwhile', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    const impostor = await Impostor.create('zoe');
    const zoe = await Client.create('zoe', server);
    impostor.announceTo(ada!);
    await impostor.sendKeyTo(ada!);
    await vi.waitFor(async () => expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(true), { timeout: 10_000 });
    const forged = await impostor.forge(100);
    vi.setSystemTime(Date.now() + 1_000);
    await ada!.opens(forged, 'zoe'); // the page begins to compute the key
    server.join(zoe);
    await untilOpens(ada!, zoe); // its key came after that computation
    expect(await phraseOf(ada!)).toBe(await phraseOf(zoe));
    expect(await ada!.opens(forged, 'zoe')).toBe(false);
  });

  it('cannot forge frames with a key that arrived before', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    const impostor = await Impostor.create('zoe');
    const zoe = await Client.create('zoe', server);
    const replaced = vi.fn(() => server.join(zoe));
    impostor.announceTo(ada!);
    await vi.waitFor(() => expect(server.messages.some(({ from, to }) => from === 'ada' && to === 'zoe')).toBe(true));
    whileKeyIsComputed(replaced);
    await impostor.sendKeyTo(ada!);
    await vi.waitFor(() => expect(replaced).toHaveBeenCalled());
    await untilOpens(ada!, zoe);
    expect(await phraseOf(ada!)).toBe(await phraseOf(zoe));
    expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(false);
  });

  it('cannot forge frames of a participant whose ID it gives to the page itself', async () => {
    const { server, clients: [ada, bob] } = await meet('ada', 'bob');
    const impostor = await Impostor.create('zoe');
    impostor.announceTo(ada!);
    await impostor.sendKeyTo(ada!);
    await vi.waitFor(async () => expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(true), { timeout: 10_000 });
    const participants = [['bob', bob!.identity.publicKey], ['zoe', impostor.identity.publicKey]].map(([participantId, identityKey]) => ({ participantId: participantId!, identityKey: identityKey! }));
    ada!.e2ee.handleJoined({ participantId: 'zoe', participants, e2ee: true });
    expect(server.present.has('zoe')).toBe(false);
    expect(await phraseOf(ada!)).toBe(await phraseOf(bob!));
    expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(false);
  });
});

describe('a key that is computed while its sender is replaced', () => {
  it('is not returned', async () => {
    const [impostor, ada, zoe] = [await Impostor.create('zoe'), await createIdentity(), await createIdentity()];
    const keys = new KeySchedule('m-1', 'ada', ada);
    const replace = () => {
      keys.removePeer('zoe');
      keys.addPeer('zoe', zoe.publicKey);
    };
    keys.addPeer('zoe', impostor.identity.publicKey);
    expect(await keys.receive('zoe', await impostor.keyFor('ada', ada.publicKey))).toHaveProperty('kind', 'key');
    whileKeyIsComputed(replace);
    expect(await keys.derive('zoe', { generation: maxGeneration, step: 3 })).toBeNull();
    keys.removePeer('zoe');
    const other = await Impostor.create('zoe');
    keys.addPeer('zoe', other.identity.publicKey);
    whileKeyIsComputed(replace);
    expect(await keys.receive('zoe', await other.keyFor('ada', ada.publicKey))).toEqual({ kind: 'ignored' });
  });
});

describe('the worker', () => {
  const keyOf = (generation: number) => frameKeyOf(base, { generation, step: 0 }, 'm-1', 'zoe');
  const frameOf = async (generation: number): Promise<ArrayBuffer> => {
    const sender = new FrameSender();
    sender.setKey(await keyOf(generation));
    return (await sender.seal(new Uint8Array(20), 'vp9', 'camera'))!.buffer;
  };

  it('takes no key of an identity that was replaced or has left', async () => {
    const engine = new FrameEngine(() => undefined);
    engine.handle({ type: 'bind', id: 1, participantId: 'zoe', source: 'camera' });
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'first' });
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'second' });
    engine.handle({ type: 'peer-key', participantId: 'zoe', identityKey: 'first', key: await keyOf(1), isProven: true });
    expect(await engine.open(1, await frameOf(1), 0)).toBeNull();
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: null });
    engine.handle({ type: 'peer-key', participantId: 'zoe', identityKey: 'second', key: await keyOf(1), isProven: true });
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'second' });
    expect(await engine.open(1, await frameOf(1), 0)).toBeNull();
  });

  it.each(['replaces the identity', 'gives the receiver to another participant'])('shows no frame that is decrypted while the page %s', async change => {
    const engine = new FrameEngine(() => undefined);
    engine.handle({ type: 'bind', id: 1, participantId: 'zoe', source: 'camera' });
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'first' });
    engine.handle({ type: 'peer-key', participantId: 'zoe', identityKey: 'first', key: await keyOf(1), isProven: true });
    const frame = await frameOf(1);
    const opening = engine.open(1, frame, 0);
    if (change.startsWith('replaces')) engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'second' });
    else engine.handle({ type: 'bind', id: 1, participantId: 'bob', source: 'camera' });
    expect(await opening).toBeNull();
  });

  it('reports anew whether frames decrypt when the identity has changed', async () => {
    const reports: WorkerReport[] = [];
    const engine = new FrameEngine(report => { reports.push(report); });
    engine.handle({ type: 'bind', id: 1, participantId: 'zoe', source: 'camera' });
    for (const identityKey of ['first', 'second']) {
      engine.handle({ type: 'peer', participantId: 'zoe', identityKey });
      engine.handle({ type: 'peer-key', participantId: 'zoe', identityKey, key: await keyOf(1), isProven: true });
      await engine.open(1, await frameOf(1), 0);
    }
    const health = (identityKey: string) => ({ type: 'health', participantId: 'zoe', identityKey, source: 'camera', decrypts: true });
    expect(reports).toEqual([health('first'), health('second')]);
  });
});

describe('the shield', { timeout: 30_000 }, () => {
  it('of a participant does not come from frames of an earlier identity', async () => {
    const { server, clients: [ada] } = await meet('ada', 'bob');
    const impostor = await Impostor.create('zoe');
    impostor.announceTo(ada!);
    await impostor.sendKeyTo(ada!);
    await vi.waitFor(async () => expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(true), { timeout: 10_000 });
    ada!.delaysReports = true;
    expect(await ada!.opens(await impostor.forge(0), 'zoe')).toBe(true);
    const zoe = await Client.create('zoe', server);
    server.join(zoe);
    ada!.delaysReports = false;
    expect(ada!.state!.decrypted.has('zoe camera')).toBe(false);
    await untilOpens(ada!, zoe);
    expect(ada!.state!.decrypted.has('zoe camera')).toBe(true);
  });
});
