import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { participant, ScriptedServer, settle, track, type FakePeerConnection } from './fakes.js';
import { joinMeeting } from './join.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

const camera = { mid: '0', participantId: 'bob', kind: 'video', source: 'camera' } as const;

/** The media node, which all packets come from. */
class Node {
  isUp = true;
  #stoodStill = 0;
  #ignoresChecksSince: number | null = null;
  #stoppedAt = 0;

  stop(): void {
    this.isUp = false;
    this.#stoppedAt = Date.now();
  }

  /** Answers no checks until it is resumed; media goes on. */
  ignoreChecks(): void {
    this.#ignoresChecksSince = this.#worked;
  }

  resume(): void {
    this.isUp = true;
    this.#ignoresChecksSince = null;
    this.#stoodStill += Date.now() - this.#stoppedAt;
  }

  /** For how long it has worked, in milliseconds. */
  get #worked(): number {
    return (this.isUp ? Date.now() : this.#stoppedAt) - this.#stoodStill;
  }

  /** Connects it, and media arrives on it as long as the node works. */
  connect(connection: FakePeerConnection): void {
    connection.getStats = async () => new Map<string, unknown>([
      ['pair', { type: 'candidate-pair', responsesReceived: this.#ignoresChecksSince ?? this.#worked, bytesReceived: 1_000 * this.#worked, requestsSent: Date.now() }],
      ['transport', { type: 'transport', selectedCandidatePairId: 'pair' }],
    ]);
    connection.setConnectionState('connected');
  }

  /** The same in Firefox, which counts no checks. */
  connectFirefox(connection: FakePeerConnection): void {
    connection.getStats = async () => new Map<string, unknown>([['pair', { type: 'candidate-pair', selected: true, bytesReceived: 1_000 * this.#worked }]]);
    connection.setConnectionState('connected');
  }
}

/** A client that sends sound and receives a picture. */
async function client(node: Node, random: () => number = () => 0.5) {
  const server = new ScriptedServer();
  Object.assign(server.environment, { random });
  const { meeting } = await joinMeeting({}, server);
  server.acceptJoin([participant('bob')]);
  await meeting.publish(track('audio'), 'microphone');
  await settle();
  answer(server);
  server.offer('a', 1, [camera]);
  await settle();
  for (const connection of server.connections) node.connect(connection);
  return { server, meeting };
}

function answer(server: ScriptedServer): void {
  server.socket.receive({ type: 'answer', from: 'sfu', sdp: 'answer', sessionId: 'p' });
}

/** How many offers for new connections the client has made. */
const publishOffers = (server: ScriptedServer) => server.sockets.flatMap(socket => socket.sentOf('offer')).filter(({ restart, sessionId }) => restart === true || sessionId === undefined).length;
/** How many offers it has made for the connection that it has. */
const probes = (server: ScriptedServer) => server.sockets.flatMap(socket => socket.sentOf('offer')).length - publishOffers(server);

/** Numbers from 0 to 1, the same in each run. */
function numbers(): () => number {
  let state = 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('a media node that stands still', () => {
  it('for four seconds costs no client a new connection', async () => {
    const node = new Node();
    const random = numbers();
    const clients: ScriptedServer[] = [];
    for (let index = 0; index < 30; index++) {
      clients.push((await client(node, random)).server);
      await vi.advanceTimersByTimeAsync(37);
    }
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(4_000);
    node.resume();
    for (const server of clients) answer(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(clients.filter(server => publishOffers(server) > 1 || server.sockets.length > 1)).toEqual([]);
  });

  it('for four seconds from just after a measurement costs not even the least patient client a new connection', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0);
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(4_000);
    node.resume();
    answer(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 1]);
  });

  it('is waited for in Firefox too, although it has answered earlier', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    for (const connection of server.connections) node.connectFirefox(connection);
    await vi.advanceTimersByTimeAsync(30_000);
    answer(server);
    await vi.advanceTimersByTimeAsync(30_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    for (const connection of server.connections) connection.setConnectionState('disconnected');
    await vi.advanceTimersByTimeAsync(4_500);
    node.resume();
    for (const connection of server.connections) connection.setConnectionState('connected');
    answer(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 1]);
  });

  it('is waited for although it answered just before', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    // The last check before it stands still gets no response, so there is none for longer than there are no packets.
    node.ignoreChecks();
    await vi.advanceTimersByTimeAsync(1_500);
    answer(server);
    node.stop();
    await vi.advanceTimersByTimeAsync(4_500);
    node.resume();
    answer(server);
    await vi.advanceTimersByTimeAsync(30_000);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 1]);
  });

  it('and whose answer arrives a little before its media costs its client no new connection', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(4_000);
    answer(server);
    await vi.advanceTimersByTimeAsync(300);
    node.resume();
    await vi.advanceTimersByTimeAsync(30_000);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 1]);
  });

  it('again finds its clients as patient as before, although they have opened new sockets', async () => {
    const node = new Node();
    const { server } = await client(node);
    await vi.advanceTimersByTimeAsync(3_000);
    server.connections[1]!.setConnectionState('failed'); // the subscribe connection, which only a new socket replaces
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    server.offer('b', 1, [camera]);
    await settle();
    node.connect(server.connections.at(-1)!);
    await vi.advanceTimersByTimeAsync(3_000);
    const before = [publishOffers(server), server.sockets.length];
    node.stop();
    await vi.advanceTimersByTimeAsync(4_500);
    expect([publishOffers(server), server.sockets.length]).toEqual(before);
    node.resume();
    answer(server);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([publishOffers(server), server.sockets.length]).toEqual(before);
  });

  it('keeps a publish connection that is interrupted while the client renews its subscription', async () => {
    const node = new Node();
    const { server } = await client(node);
    await vi.advanceTimersByTimeAsync(3_000);
    server.connections[1]!.setConnectionState('failed');
    await vi.advanceTimersByTimeAsync(500);
    server.connections[0]!.setConnectionState('disconnected');
    await server.nextSocket();
    server.acceptJoin([participant('bob')]);
    await settle();
    expect(publishOffers(server)).toBe(1);
    server.connections[0]!.setConnectionState('connected');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(publishOffers(server)).toBe(1);
  });

  it('for long is left by its clients one after another, and all of them have tried to connect again within 8 s', { timeout: 30_000 }, async () => {
    const node = new Node();
    const random = numbers();
    const clients: ScriptedServer[] = [];
    for (let index = 0; index < 100; index++) {
      clients.push((await client(node, random)).server);
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    const renewed = { publish: [] as number[], subscribe: [] as number[] };
    const countWhere = (hasRenewed: (server: ScriptedServer) => boolean) => clients.filter(hasRenewed).length;
    for (let step = 0; step < 80; step++) {
      await vi.advanceTimersByTimeAsync(100);
      for (const server of clients) if (server.sockets.length > 1 && server.socket.sent.length === 0) server.acceptJoin([participant('bob')]);
      renewed.publish.push(countWhere(server => publishOffers(server) > 1));
      renewed.subscribe.push(countWhere(server => server.sockets.length > 1));
    }
    for (const sums of Object.values(renewed)) {
      expect(sums.at(-1)).toBe(clients.length);
      const inHalfASecond = sums.map((sum, step) => sum - (sums[step - 5] ?? 0));
      expect(Math.max(...inHalfASecond) / clients.length).toBeLessThan(0.35);
    }
  });
});

describe('a path that dies while the media node works', () => {
  /** Lets all paths die, and the node answer the offer that asks whether it works. Returns the milliseconds until that offer and until both connections are renewed. */
  async function loseUntilRenewed(server: ScriptedServer, node: Node, isAnswered: boolean) {
    node.stop();
    const before = { probes: probes(server), offers: publishOffers(server), sockets: server.sockets.length };
    const after = { probe: 0, publish: 0, subscribe: 0 };
    for (let time = 0; time < 10_000 && (after.publish === 0 || after.subscribe === 0); time += 50) {
      await vi.advanceTimersByTimeAsync(50);
      if (after.probe === 0 && probes(server) > before.probes) {
        after.probe = time;
        if (isAnswered) answer(server);
      }
      if (after.subscribe === 0 && server.sockets.length > before.sockets) {
        after.subscribe = time;
        server.acceptJoin([participant('bob')]);
      }
      if (after.publish === 0 && publishOffers(server) > before.offers) after.publish = time;
    }
    return after;
  }

  it('is left as soon as the node has answered', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    const { probe, publish, subscribe } = await loseUntilRenewed(server, node, true);
    expect(probe).toBeGreaterThanOrEqual(1_900);
    expect(probe).toBeLessThan(3_100);
    expect(Math.max(publish, subscribe)).toBeLessThan(4_500);
    expect(probes(server)).toBe(1);
  });

  it('may recover for longer when the node does not answer', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    const { publish, subscribe } = await loseUntilRenewed(server, node, false);
    expect(Math.min(publish, subscribe)).toBeGreaterThan(6_000);
  });

  /** A client whose path was dead for a moment, and which has therefore asked whether the node works. */
  async function asking() {
    const node = new Node();
    const all = await client(node, () => 0);
    const { server } = all;
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(3_000);
    node.resume();
    expect(probes(server)).toBe(1);
    return { ...all, probe: server.socket.sentOf('offer').at(-1)! };
  }

  it.each([
    ['is not answered', async () => { await vi.advanceTimersByTimeAsync(11_000); }],
    ['cannot be passed on', async (server: ScriptedServer, reference: string) => { server.socket.receive({ type: 'error', code: 'media-failed', message: 'The media node does not respond.', reference }); }],
    ['is lost with the socket', async (server: ScriptedServer) => {
      server.socket.disconnect();
      await server.nextSocket();
      server.acceptJoin([participant('bob')]);
    }],
  ])('is kept when it works again and the question %s', async (_, fail) => {
    const { server, meeting, probe } = await asking();
    await fail(server, probe.reference!);
    await vi.advanceTimersByTimeAsync(5_000);
    expect([publishOffers(server), server.connections[0]!.signalingState, meeting.snapshot.connection.phase]).toEqual([1, 'stable', 'connected']);
    await meeting.publish(track('video'), 'camera');
    await settle();
    expect(server.socket.sentOf('offer').at(-1)).toMatchObject({ sessionId: 'p', tracks: [{ source: 'microphone' }, { source: 'camera' }] });
    answer(server);
    await settle();
    expect([publishOffers(server), server.connections[0]!.signalingState]).toEqual([1, 'stable']);
  });

  it('is left when the node does not know the session', async () => {
    const { server, probe } = await asking();
    server.socket.receive({ type: 'error', code: 'unknown-session', message: 'Unknown session.', reference: probe.reference!, sessionId: 'p' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(publishOffers(server)).toBe(2);
  });

  it('is left when something changes before the question is answered, and neither is answered', async () => {
    const { server, meeting } = await asking();
    await meeting.publish(track('video'), 'camera');
    await vi.advanceTimersByTimeAsync(21_000);
    expect(publishOffers(server)).toBe(2);
  });

  it('makes all clients ask, but not at the same moment', { timeout: 30_000 }, async () => {
    const node = new Node();
    const random = numbers();
    const clients: ScriptedServer[] = [];
    for (let index = 0; index < 100; index++) clients.push((await client(node, random)).server);
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    const sums: number[] = [];
    for (let time = 0; time < 4_000; time += 50) {
      await vi.advanceTimersByTimeAsync(50);
      sums.push(clients.filter(server => probes(server) > 0).length);
    }
    const inATenthOfASecond = sums.map((sum, step) => sum - (sums[step - 2] ?? 0));
    expect([sums.at(-1), Math.max(...inATenthOfASecond) < 30]).toEqual([100, true]);
  });

  it('costs ever fewer offers when it only seems to die, and no new connection', async () => {
    const node = new Node();
    const { server } = await client(node);
    const probedAt: number[] = [];
    const since = Date.now();
    for (let seconds = 0; seconds < 600; seconds += 5) {
      await vi.advanceTimersByTimeAsync(2_000);
      node.stop();
      await vi.advanceTimersByTimeAsync(3_000);
      node.resume();
      if (probes(server) === probedAt.length) continue;
      probedAt.push(Date.now() - since);
      answer(server);
      await settle();
    }
    const pauses = probedAt.slice(1).map((at, index) => at - probedAt[index]!);
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 160_000]);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 1]);
  });
});

describe('a client whose network changes', () => {
  it('loses its socket too, so it renews its connections as soon as their paths are dead', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    server.network(false);
    await vi.advanceTimersByTimeAsync(500);
    server.network(true);
    await settle();
    server.acceptJoin([participant('bob')]);
    const sockets = server.sockets.length;
    await vi.advanceTimersByTimeAsync(3_900);
    expect([publishOffers(server), server.sockets.length - sockets]).toEqual([2, 1]);
  });

  it('and whose socket is lost after its paths were found dead waits no longer', async () => {
    const node = new Node();
    const { server } = await client(node, () => 0.999);
    await vi.advanceTimersByTimeAsync(3_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(4_100);
    server.network(false);
    server.network(true);
    await settle();
    server.acceptJoin([participant('bob')]);
    await vi.advanceTimersByTimeAsync(1_300);
    expect(publishOffers(server)).toBe(2);
  });

  it('is as patient as before ten seconds after its socket was lost', async () => {
    const node = new Node();
    const { server } = await client(node);
    server.socket.disconnect();
    await vi.advanceTimersByTimeAsync(250);
    server.acceptJoin([participant('bob')]);
    await vi.advanceTimersByTimeAsync(10_000);
    node.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    node.resume();
    answer(server);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([publishOffers(server), server.sockets.length]).toEqual([1, 2]);
  });
});

describe('a media node that loses its clients again and again', () => {
  it('gets new connections ever less often, until one of them has carried media for ten seconds', async () => {
    const node = new Node();
    const { server } = await client(node);
    const waits = { publish: [] as number[], subscribe: [] as number[] };
    const renew = async (seconds: number) => {
      await vi.advanceTimersByTimeAsync(1_000 * seconds);
      const [before, sockets, since] = [publishOffers(server), server.sockets.length, Date.now()];
      for (const connection of server.connections.filter(one => one.connectionState === 'connected')) connection.setConnectionState('failed');
      const waited = { publish: 0, subscribe: 0 };
      for (let time = 0; time < 12_000 && (waited.publish === 0 || waited.subscribe === 0); time += 10) {
        await vi.advanceTimersByTimeAsync(10);
        if (waited.publish === 0 && publishOffers(server) > before) {
          waited.publish = Date.now() - since;
          answer(server);
        }
        if (waited.subscribe === 0 && server.sockets.length > sockets) {
          waited.subscribe = Date.now() - since;
          server.acceptJoin([participant('bob')]);
          server.offer(`session-${server.sockets.length}`, 1, [camera]);
        }
        await settle();
      }
      for (const connection of server.connections.filter(one => one.connectionState === 'new')) node.connect(connection);
      waits.publish.push(waited.publish);
      waits.subscribe.push(waited.subscribe);
    };
    for (const seconds of [15, 3, 3, 3, 15]) await renew(seconds);
    const [first, second, third, fourth, later] = waits.publish;
    expect([second! > 1.5 * first!, third! > 1.5 * second!, fourth! > 1.5 * third!, later]).toEqual([true, true, true, first]);
    expect(waits.subscribe.map(wait => wait - waits.subscribe[0]! > 150)).toEqual([false, true, true, true, false]);
  });
});
