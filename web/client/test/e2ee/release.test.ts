import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectPeer } from '../../src/features/direct/direct-peer.js';
import { FrameEngine } from '../../src/features/e2ee/frame-engine.js';
import { frameKeyOf } from '../../src/features/e2ee/frame-key.js';
import { FrameTransforms } from '../../src/features/e2ee/frame-transforms.js';
import type { WorkerRequest } from '../../src/features/e2ee/worker-messages.js';
import { PublishSession } from '../../src/features/media/publish-session.js';
import { SubscribeSession } from '../../src/features/media/subscribe-session.js';
import { ScriptedServer, settle, track } from '../fakes.js';

/** The transforms that the worker has. */
const attached = new Set<number>();
const worker = {
  postMessage: (request: WorkerRequest) => {
    if (request.type === 'release') for (const id of request.ids) attached.delete(id);
  },
} as unknown as Worker;

beforeEach(() => {
  attached.clear();
  vi.stubGlobal('RTCRtpScriptTransform', function attach(_: Worker, { id }: { readonly id: number }) {
    attached.add(id);
  });
});
afterEach(() => { vi.unstubAllGlobals(); });

describe('the transforms of a connection that is closed', () => {
  it('are released by direct connections, however often media switches', async () => {
    const [transforms, server] = [new FrameTransforms(worker), new ScriptedServer()];
    for (let switches = 0; switches < 20; switches++) {
      const peer = new DirectPeer(server.environment, 'zoe', {
        iceServers: [], patienceMs: 0, transforms: () => transforms, isMuted: () => false, localTrack: () => null, cameraLimit: () => null, shown: () => new Map(), onConnected: () => undefined, onSteady: () => undefined, onLost: () => undefined, onClosed: () => undefined,
      });
      await peer.offer();
      expect(attached.size).toBe(8);
      peer.close();
    }
    expect(attached.size).toBe(0);
  });

  it('are released by the connections to the media node', async () => {
    const [transforms, server] = [new FrameTransforms(worker), new ScriptedServer()];
    const publish = new PublishSession(server.environment, { transforms: () => transforms, isMuted: () => false, sendOffer: () => true, patience: () => 0, onSuspected: () => undefined, onState: () => undefined, onFormerChanged: () => undefined, onRejected: () => undefined });
    publish.handleOnline();
    await publish.publish('microphone', track('audio'));
    await settle();
    const subscribe = new SubscribeSession(server.environment, {
      transforms: () => transforms, sendAnswer: () => true, sendSlotsApplied: () => true, onTracks: () => undefined, patience: () => 0, onSuspected: () => undefined, onState: () => undefined, onSteady: () => undefined, onReplaced: () => undefined, onTakenOver: () => undefined, onLost: () => undefined,
    });
    subscribe.handleOffer({ sdp: 'a=ice-ufrag:s\na=mid:0 audio sendonly', sessionId: 's1', revision: 1, tracks: [{ mid: '0', participantId: 'zoe', kind: 'audio', source: 'microphone' }] });
    await settle();
    expect(attached.size).toBe(2);
    publish.close();
    subscribe.close();
    await settle();
    expect(attached.size).toBe(0);
  });
});

describe('a receiver that is released', () => {
  it('opens no more frames, and others of the same participant do', async () => {
    const engine = new FrameEngine(() => undefined);
    const key = await frameKeyOf(new Uint8Array(32).fill(1), { generation: 1, step: 0 }, 'm-1', 'zoe');
    engine.handle({ type: 'own-key', key });
    engine.handle({ type: 'peer', participantId: 'zoe', identityKey: 'z' });
    engine.handle({ type: 'peer-key', participantId: 'zoe', identityKey: 'z', key, isProven: true });
    for (const id of [1, 2]) engine.handle({ type: 'bind', id, participantId: 'zoe', source: 'microphone' });
    const frame = await engine.seal(9, 'microphone', new Uint8Array(20).buffer, 'audio/opus');
    engine.handle({ type: 'release', ids: [1] });
    expect(await engine.open(1, frame!.slice().buffer, 0)).toBeNull();
    expect(await engine.open(2, frame!.slice().buffer, 0)).toHaveLength(20);
  });

  it('as a sender forgets its codec', async () => {
    const engine = new FrameEngine(() => undefined);
    engine.handle({ type: 'own-key', key: await frameKeyOf(new Uint8Array(32), { generation: 1, step: 0 }, 'm-1', 'me') });
    engine.handle({ type: 'codec', id: 9, codec: 'opus' });
    expect(await engine.seal(9, 'microphone', new Uint8Array(20).buffer, undefined)).not.toBeNull();
    engine.handle({ type: 'release', ids: [9] });
    expect(await engine.seal(9, 'microphone', new Uint8Array(20).buffer, undefined)).toBeNull();
  });
});
