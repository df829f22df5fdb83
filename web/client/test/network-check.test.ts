// The network check: which ways are tried, what is measured, and that it leaves nothing open.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MeetClient } from '../src/client.js';
import { findingsOf } from '../src/features/network-check/findings.js';
import type { NetworkCheck } from '../src/features/network-check/results.js';
import { onlyCandidatesOf, rungsOf, tunnelRung, type OpenedCheck } from '../src/features/network-check/rungs.js';
import type { CheckMedia } from '../src/features/network-check/synthetic-media.js';
import { ScriptedServer, settle, track, type FakePeerConnection, type RestResponse } from './fakes.js';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const relay = { username: '1:m:p', credential: 'secret' };
const opened: OpenedCheck = {
  checkId: 'c1.x', seconds: 30, connections: 13, addresses: ['203.0.113.5', '2001:db8::5'], udpPorts: [40_000, 40_001], tcpPort: 40_100,
  iceServers: [{ urls: ['turn:198.51.100.9:3478?transport=udp', 'turn:198.51.100.9:3478?transport=tcp', 'turns:relay.example.com:443?transport=tcp'], ...relay }],
};
const answer = [
  'v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0',
  'a=candidate:1 1 udp 2130706431 203.0.113.5 40000 typ host', 'a=candidate:2 1 udp 2130706175 2001:db8::5 40000 typ host',
  'a=candidate:3 1 tcp 1518280447 203.0.113.5 40100 typ host tcptype passive', 'a=candidate:4 1 tcp 1518280191 2001:db8::5 40100 typ host tcptype passive',
  'a=end-of-candidates',
].join('\r\n');
const candidatesOf = (sdp: string): string[] => [...sdp.matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+)/gm)].map(([, protocol, address, port]) => `${protocol} ${address} ${port}`);

describe('the ways to a media node', () => {
  it('are those of its addresses and relays, the best first', () => {
    expect(rungsOf(opened).map(({ name, path, family, protocol, hosts, ports }) => `${name}: ${path} ${family} ${protocol} ${hosts.join()} ${ports.join()}`)).toEqual([
      'udp-ipv4: udp ipv4 udp 203.0.113.5 40000,40001', 'udp-ipv6: udp ipv6 udp 2001:db8::5 40000,40001',
      'tcp-ipv4: tcp ipv4 tcp 203.0.113.5 40100', 'tcp-ipv6: tcp ipv6 tcp 2001:db8::5 40100',
      'relay-udp-1: relay-udp ipv4 udp 198.51.100.9 3478', 'relay-tcp-2: relay-tcp ipv4 tcp 198.51.100.9 3478', 'relay-tls-3: relay-tls unknown tcp relay.example.com 443',
    ]);
  });

  it.each([
    ['turn:[2001:db8::9]:3478?transport=udp', 'relay-udp ipv6 2001:db8::9 3478'], ['turn:relay.example.com', 'relay-udp unknown relay.example.com 3478'],
    ['turns:198.51.100.9', 'relay-tls ipv4 198.51.100.9 5349'],
  ])('read the URL %s', (url, read) => {
    const [rung] = rungsOf({ ...opened, addresses: [], iceServers: [{ urls: url, ...relay }] });
    expect(`${rung!.path} ${rung!.family} ${rung!.hosts.join()} ${rung!.ports.join()}`).toBe(read);
    expect(rung!.relay).toEqual({ urls: [url], ...relay });
  });

  it('are none for a STUN server and for a node without a TCP port, and leave a connection for the bandwidth', () => {
    expect(rungsOf({ ...opened, tcpPort: null, iceServers: [{ urls: 'stun:198.51.100.9' }] }).map(({ name }) => name)).toEqual(['udp-ipv4', 'udp-ipv6']);
    expect(rungsOf({ ...opened, connections: 3 }).map(({ name }) => name)).toEqual(['udp-ipv4', 'udp-ipv6']);
  });

  it.each([
    ['wss://meet.example.com/meetings/m1/tunnel?check=c', 'unknown meet.example.com 443'], ['ws://127.0.0.1:8080/meetings/m1/tunnel?check=c', 'ipv4 127.0.0.1 8080'], ['ws://[2001:db8::1]/meetings/m1/tunnel', 'ipv6 2001:db8::1 80'],
  ])('are also the tunnel at %s', (url, read) => {
    const { family, hosts, ports } = tunnelRung(url);
    expect(`${family} ${hosts.join()} ${ports.join()}`).toBe(read);
  });

  it('leave only their own candidates in the answer', () => {
    const left = rungsOf(opened).map(rung => candidatesOf(onlyCandidatesOf(rung, answer)));
    expect(left.slice(0, 4)).toEqual([['udp 203.0.113.5 40000'], ['udp 2001:db8::5 40000'], ['tcp 203.0.113.5 40100'], ['tcp 2001:db8::5 40100']]);
    for (const all of left.slice(4)) expect(all).toEqual(['udp 203.0.113.5 40000', 'udp 2001:db8::5 40000']);
    expect(onlyCandidatesOf(rungsOf(opened)[0]!, answer)).toContain('a=end-of-candidates');
  });
});

/** Starts a check in which the connections behave as `behave` says when they have the answer. */
async function checking(
  behave: (connection: FakePeerConnection, kind: string) => void,
  { check = opened, signal, wasHidden = false, refuse = () => null, onOpen, createMedia, createWebSocket }: {
    check?: OpenedCheck; signal?: AbortSignal; wasHidden?: boolean; refuse?: (kind: string) => RestResponse | null; onOpen?: () => void; createMedia?: () => CheckMedia;
    createWebSocket?: (url: string, protocols?: string[]) => WebSocket;
  } = {},
) {
  const server = new ScriptedServer();
  const stopped = vi.fn();
  const progress: NetworkCheck[] = [];
  server.respond = call => {
    if (call.path === '/meetings/m1/checks') {
      onOpen?.();
      return { status: 201, body: check };
    }
    const kind = /\/checks\/c1\.x\/(?:connections|echo)\/(\S+)$/.exec(call.path)?.[1];
    if (kind === undefined) return { status: 204 };
    const refused = refuse(kind);
    if (refused !== null) return refused;
    const connection = server.connections.find(one => one.localDescription?.sdp === call.body?.['sdp'])!;
    setTimeout(() => behave(connection, kind), 100);
    return { status: 200, body: { sdp: answer } };
  };
  const createPeerConnection = (configuration: RTCConfiguration) => Object.assign(server.environment.createPeerConnection(configuration), { iceGatheringState: 'gathering' });
  const client = new MeetClient({ baseUrl: 'https://meet.test', environment: { ...server.environment, createPeerConnection, ...(createWebSocket === undefined ? {} : { createWebSocket }) } });
  const run = client.checkNetwork('m1', {
    ticket: 'ticket', onProgress: check => progress.push(check), createMedia: createMedia ?? (() => ({ audio: track('audio'), video: track('video'), stop: stopped, wasHidden: () => wasHidden })), ...(signal === undefined ? {} : { signal }),
  });
  run.catch(() => undefined);
  await vi.dynamicImportSettled();
  await settle();
  const finish = async () => {
    for (let second = 0; second < 40; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      await settle();
    }
    return run;
  };
  const results = () => server.calls.filter(({ path }) => path.endsWith('/result')).map(({ body }) => body);
  return { server, stopped, progress, run, finish, results };
}

const pair = { id: 'pair', type: 'candidate-pair', currentRoundTripTime: 0.034, availableOutgoingBitrate: 2_400_000 };
const sound = { id: 'out', type: 'outbound-rtp', packetsSent: 100, bytesSent: 10_000 };
const reported = { id: 'remote', type: 'remote-inbound-rtp', localId: 'out', packetsLost: 3 };
const setStats = (connection: FakePeerConnection, ...records: { readonly id: string; readonly [field: string]: unknown }[]) => {
  connection.stats = new Map([{ id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' }, pair, ...records].map(record => [record.id, record]));
};

describe('a network check', () => {
  it('opens a connection for each way, with only its relay, and reports what worked once', async () => {
    const { server, stopped, finish, results, progress } = await checking((connection, kind) => {
      setStats(connection, sound, reported);
      if (kind.startsWith('tcp') || kind === 'bandwidth') connection.setConnectionState('connected');
    });
    expect(server.calls[0]).toMatchObject({ method: 'POST', path: '/meetings/m1/checks', body: { ticket: 'ticket' } });
    expect(server.connections.map(({ configuration }) => [configuration.iceTransportPolicy, configuration.iceServers?.map(({ urls }) => urls)])).toEqual([
      ...Array.from({ length: 4 }, () => [undefined, undefined]), ...opened.iceServers[0]!.urls.slice(0, 3).toString().split(',').map(url => ['relay', [[url]]]),
    ]);
    const check = await finish();
    expect(check.results.map(({ rung, state }) => `${rung.name} ${state}`)).toEqual([
      'udp-ipv4 failed', 'udp-ipv6 failed', 'tcp-ipv4 connected', 'tcp-ipv6 connected', 'relay-udp-1 failed', 'relay-tcp-2 failed', 'relay-tls-3 failed',
    ]);
    expect(check.results[2]).toMatchObject({ connectMs: 100, rttMs: 34, sendLoss: 0.03 });
    expect(check.isDone).toBe(true);
    expect(progress.at(-1)).toEqual(check);
    expect(results()).toEqual([{ rungs: check.results.map(({ rung, state }) => ({ path: rung.path, family: rung.family, result: state })) }]);
    expect(server.connections.every(({ connectionState }) => connectionState === 'closed')).toBe(true);
    expect(stopped).toHaveBeenCalledOnce();
  });

  it('tries only what the settings allow, and says what they deny', async () => {
    const { server, finish } = await checking(connection => connection.setConnectionState('connected'), { check: { ...opened, addresses: [], udpPorts: [], tcpPort: null, denied: ['direct', 'carrier-pigeon'] } });
    expect(server.connections.map(({ configuration }) => configuration.iceTransportPolicy)).toEqual(['relay', 'relay', 'relay']);
    const check = await finish();
    expect(check.denied).toEqual(['direct']);
    expect(findingsOf(check)).toEqual([{ kind: 'works', path: 'relay-udp' }, { kind: 'denied', way: 'direct' }]);
    expect(server.connections.every(({ configuration }) => configuration.iceTransportPolicy === 'relay')).toBe(true); // also when it measures
  });

  it('ends at once when the settings leave nothing to try', async () => {
    const { server, run, results } = await checking(() => undefined, { check: { ...opened, addresses: [], udpPorts: [], tcpPort: null, iceServers: [], denied: ['direct'] } });
    expect(findingsOf(await run)).toEqual([{ kind: 'no-path' }, { kind: 'denied', way: 'direct' }]);
    expect(server.connections).toEqual([]);
    expect(results()).toEqual([{ rungs: [] }]);
  });

  it('measures on the best way what it sends as a camera does, and gets back', async () => {
    const { server, finish } = await checking((connection, kind) => {
      connection.setConnectionState('connected');
      if (kind !== 'bandwidth') return;
      const since = Date.now();
      const isEcho = connection.transceivers[0]!.direction === 'recvonly';
      connection.getStats = async () => {
        const bytes = (Date.now() - since) * 150; // 1.2 Mbit/s
        if (isEcho) setStats(connection, { id: 'in', type: 'inbound-rtp', packetsReceived: 95, packetsLost: 5, bytesReceived: bytes });
        else setStats(connection, { ...sound, bytesSent: bytes, qualityLimitationReason: 'bandwidth' }, { id: 'small', type: 'outbound-rtp', bytesSent: bytes / 10 }, reported);
        return connection.stats;
      };
    });
    const check = await finish();
    expect(check.bandwidth).toMatchObject({ rung: { name: 'udp-ipv4' }, sendBitrate: 2_400_000, isSendLimited: true, largestSentBitrate: 1_200_000, receiveBitrate: 1_200_000, sendLoss: 0.03, receiveLoss: 0.05 });
    const sent = server.connections.find(({ transceivers }) => transceivers.length === 2 && transceivers[0]!.direction === 'sendonly')!;
    expect(sent.transceivers[1]!.encodings.map(({ rid }) => rid)).toEqual(['f', 'h', 'q']);
    expect(server.calls.map(({ path }) => path)).toContain('/meetings/m1/checks/c1.x/echo/bandwidth');
  });

  it.each<[string, { readonly wasHidden?: boolean; readonly onEcho?: (echo: FakePeerConnection) => void }]>([
    ['the page was hidden', { wasHidden: true }],
    ['nothing comes back', { onEcho: echo => echo.setConnectionState('failed') }],
    ['the check ends meanwhile', { onEcho: echo => { setTimeout(() => echo.setConnectionState('closed'), 5_000); } }],
  ])('measures nothing and calls no line slow when %s', async (_, { wasHidden = false, onEcho }) => {
    const { finish } = await checking(connection => {
      connection.setConnectionState('connected');
      if (connection.transceivers[0]!.direction === 'recvonly') onEcho?.(connection);
    }, { wasHidden });
    const check = await finish();
    expect(check.bandwidth).toBeNull();
    expect(findingsOf(check)).toEqual([{ kind: 'works', path: 'udp' }]);
  });

  it('tells a relay that refuses from one that does not answer, and does not wait for it', async () => {
    const { progress, finish } = await checking((connection, kind) => {
      if (!kind.startsWith('relay')) return;
      connection.emit('icecandidateerror', { errorCode: kind === 'relay-udp-1' ? 486 : 701 });
      connection.gather('complete');
    });
    await vi.advanceTimersByTimeAsync(200);
    await settle();
    expect(progress.at(-1)!.results.slice(4).map(({ state, refusal }) => [state, refusal])).toEqual([['failed', 486], ['failed', null], ['failed', null]]);
    expect((await finish()).bandwidth).toBeNull();
  });

  it('tells a relay that does not reach the media node from one that does not answer', async () => {
    const { finish } = await checking((connection, kind) => {
      if (kind === 'relay-udp-1') connection.emit('icecandidate', { candidate: { candidate: 'candidate:1 1 udp 1 198.51.100.9 50000 typ relay' } });
    });
    expect((await finish()).results.slice(3).map(({ state, isAllocated }) => [state, isAllocated])).toEqual([['failed', false], ['failed', true], ['failed', false], ['failed', false]]);
  });

  it('that is aborted closes everything and ends the check at the server', async () => {
    const abort = new AbortController();
    const { server, stopped, run, results, progress } = await checking(() => undefined, { signal: abort.signal });
    await vi.advanceTimersByTimeAsync(1_000);
    const reports = progress.length;
    abort.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.connections.every(({ connectionState }) => connectionState === 'closed')).toBe(true);
    expect(stopped).toHaveBeenCalledOnce();
    expect(results()).toEqual([{ rungs: [] }]);
    expect(progress).toHaveLength(reports);
  });

  it('that a server of an earlier version does not know is not available, and says nothing about the meeting', async () => {
    const server = new ScriptedServer();
    server.respond = () => ({ status: 404, body: { type: 'https://tools.ietf.org/html/rfc9110#section-15.5.5', title: 'Not Found', status: 404 } });
    const client = new MeetClient({ baseUrl: 'https://meet.test', environment: server.environment });
    await expect(client.checkNetwork('m1')).rejects.toMatchObject({ code: 'check-unavailable' });
  });

  it('that is aborted while the server opens it opens no connection and ends at the server', async () => {
    const abort = new AbortController();
    const { server, run, results } = await checking(() => undefined, { signal: abort.signal, onOpen: () => abort.abort() });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.connections).toEqual([]);
    expect(results()).toEqual([{ rungs: [] }]);
  });

  it('that the browser gives no media ends at the server', async () => {
    const { run, results } = await checking(() => undefined, { createMedia: () => { throw new Error('no AudioContext'); } });
    await expect(run).rejects.toThrow('no AudioContext');
    expect(results()).toEqual([{ rungs: [] }]);
  });

  it.each([[404, 'unknown-meeting'], [503, 'check-unavailable'], [429, 'quota-exceeded'], [403, 'forbidden']])('that the server refuses with %i %s rejects with the code and opens no connection', async (status, code) => {
    const server = new ScriptedServer();
    server.respond = () => ({ status, body: { type: `urn:meetoperator:error:${code}` } });
    const client = new MeetClient({ baseUrl: 'https://meet.test', environment: server.environment });
    await expect(client.checkNetwork('m1')).rejects.toMatchObject({ code });
    expect(server.connections).toEqual([]);
  });

  const refusal = { status: 404, body: { type: 'urn:meetoperator:error:unknown-check' } };

  it('whose connections the server refuses rejects with the reason and reports no way', async () => {
    const { finish, results } = await checking(() => undefined, { refuse: () => refusal });
    await expect(finish()).rejects.toMatchObject({ code: 'unknown-check' });
    expect(results()).toEqual([{ rungs: [] }]);
  });

  it('calls a way whose connection the server refuses untried, and not failed', async () => {
    const { finish, results } = await checking((connection, kind) => {
      if (kind.startsWith('tcp')) connection.setConnectionState('connected');
    }, { refuse: kind => (kind === 'udp-ipv4' || kind === 'relay-udp-1' ? refusal : null) });
    const check = await finish();
    expect(check.results.map(({ state }) => state)).toEqual(['untried', 'failed', 'connected', 'connected', 'untried', 'failed', 'failed']);
    expect(results()[0]!['rungs']).toHaveLength(5);
    expect(findingsOf(check)).toEqual([{ kind: 'works', path: 'tcp' }, { kind: 'incomplete' }, { kind: 'blocked', rule: { path: 'udp', protocol: 'udp', hosts: ['2001:db8::5'], ports: [40_000, 40_001] } }]);
  });
});

/** What a browser needs for tunnels. */
const canTunnel = () => { for (const name of ['MediaStreamTrackProcessor', 'MediaStreamTrackGenerator', 'VideoEncoder', 'VideoDecoder', 'AudioEncoder', 'AudioDecoder']) vi.stubGlobal(name, () => undefined); };

describe('the tunnel of a network check', () => {
  const tunnelUrl = 'wss://meet.test/meetings/m1/tunnel?check=c1.x';
  const check = { ...opened, iceServers: [], tunnelUrl };

  /**
   * WebSockets that open after `openMs`, and acknowledge each message after the next of `answersMs`, the last of them from then on; never after null. The one on which the bandwidth is measured takes
   * and gives one piece after the other, at these bit rates.
   */
  function webSocket(openMs: number | null, answersMs: readonly (number | null)[] = [40], { up = 1_000_000, down = 1_000_000, closesAfterBytes = Infinity } = {}) {
    const seen = { urls: [] as string[], sent: [] as number[], isClosed: false, waiting: 0 };
    const createWebSocket = (url: string, protocols?: string[]) => {
      const isMeasured = seen.urls.push(`${url} ${protocols?.join()}`) > 1;
      let [received, upFreeAt, downFreeAt, given, acknowledged] = [0, 0, 0, 0, 0];
      seen.isClosed = false;
      const socket = {
        onopen: null as (() => void) | null, onmessage: null as ((event: { data: unknown }) => void) | null, onclose: null as (() => void) | null,
        send: (data: Uint8Array | string) => {
          if (typeof data === 'string') {
            acknowledged = data === 'receive' ? 0 : Number(data);
            for (; given < 512 * 1_024 && given - acknowledged < 64 * 1_024; given += 4_096) {
              downFreeAt = Math.max(downFreeAt, Date.now()) + 4_096 * 8_000 / down;
              setTimeout(() => socket.onmessage?.({ data: new ArrayBuffer(4_096) }), downFreeAt - Date.now());
            }
            return;
          }
          received += data.length;
          const text = String(received);
          if (isMeasured) {
            if (received > closesAfterBytes) socket.onclose?.();
            upFreeAt = Math.max(upFreeAt, Date.now()) + data.length * 8_000 / up;
            seen.waiting = Math.max(seen.waiting, upFreeAt - Date.now());
            setTimeout(() => socket.onmessage?.({ data: text }), upFreeAt - Date.now());
            return;
          }
          const afterMs = answersMs[Math.min(seen.sent.length, answersMs.length - 1)]!;
          seen.sent.push(data.length);
          if (afterMs !== null) setTimeout(() => socket.onmessage?.({ data: text }), afterMs);
        },
        close: () => { seen.isClosed = true; },
      };
      setTimeout(() => { if (openMs === null) socket.onclose?.(); else socket.onopen?.(); }, openMs ?? 10);
      return socket as unknown as WebSocket;
    };
    return { seen, createWebSocket };
  }
  const tunnelOf = ({ results }: NetworkCheck) => results.find(({ rung }) => rung.path === 'tunnel');

  it('is opened beside the other ways, and gives times until it is open and until messages are acknowledged', async () => {
    canTunnel();
    const { seen, createWebSocket } = webSocket(70, [90, 40, 45, 41, 400]);
    const { finish, results } = await checking(() => undefined, { check, createWebSocket });
    const done = await finish();
    expect(seen).toMatchObject({ urls: [`${tunnelUrl} meet.v1`, `${tunnelUrl} meet.v1`], sent: [1_200, 1_200, 1_200, 1_200, 1_200], isClosed: true });
    expect(tunnelOf(done)).toMatchObject({ state: 'connected', connectMs: 70, rttMs: 45, sendLoss: null });
    expect(done.results.at(-1)).toBe(tunnelOf(done));
    expect(findingsOf(done)[0]).toEqual({ kind: 'works', path: 'tunnel' });
    expect(results()[0]!['rungs']).toContainEqual({ path: 'tunnel', family: 'unknown', result: 'connected' });
  });

  it.each([
    [300_000, 2_500_000, 300_000, 2_500_000, ['send']],
    [1_500_000, 200_000, 1_500_000, 200_000, ['receive']],
    [100_000_000, 100_000_000, 4_000_000, 4_000_000, []],
  ])('is measured where it is the best way: %i bit/s up, %i down', async (up, down, sendBitrate, receiveBitrate, slow) => {
    canTunnel();
    const { seen, createWebSocket } = webSocket(70, [40], { up, down });
    const { finish } = await checking(() => undefined, { check, createWebSocket });
    const done = await finish();
    expect(done.bandwidth).toMatchObject({ rung: { path: 'tunnel' }, sendLoss: null, receiveLoss: null });
    expect(done.bandwidth!.sendBitrate / sendBitrate).toBeCloseTo(1, 1);
    expect(done.bandwidth!.receiveBitrate / receiveBitrate).toBeCloseTo(1, 1);
    expect(findingsOf(done).flatMap(one => (one.kind === 'slow' ? one.direction : []))).toEqual(slow);
    expect(seen.waiting).toBeLessThanOrEqual((64 * 1_024 * 8_000) / up + 20); // What waits on the line is free again soon.
    expect(seen.isClosed).toBe(true);
  });

  it('is not measured with a server of an earlier version, which closes after less', async () => {
    canTunnel();
    const { finish } = await checking(() => undefined, { check, createWebSocket: webSocket(70, [40], { closesAfterBytes: 64 * 1_024 }).createWebSocket });
    const done = await finish();
    expect([tunnelOf(done)!.state, done.bandwidth, done.isDone]).toEqual(['connected', null, true]);
  });

  it.each<[string, Parameters<typeof webSocket>]>([['does not open', [null]], ['takes too long', [60_000]], ['opens and passes nothing on', [70, [null]]], ['stops', [70, [40, null]]]])('has failed when it %s', async (_, socket) => {
    canTunnel();
    const { seen, createWebSocket } = webSocket(...socket);
    const { server, finish } = await checking(() => undefined, { check, createWebSocket });
    const respond = server.respond;
    server.respond = call => (call.path === '/meetings/m1/tunnel' ? { status: 400, body: { type: 'urn:meetoperator:error:invalid-request' } } : respond(call));
    const done = await finish();
    expect(tunnelOf(done)!.state).toBe('failed');
    expect(seen.isClosed).toBe(true);
    expect(findingsOf(done)[0]).toEqual({ kind: 'no-web-socket', host: 'meet.test' });
  });

  it('is untried when the server says that it refuses it', async () => {
    canTunnel();
    const { server, finish } = await checking(() => undefined, { check, createWebSocket: webSocket(null).createWebSocket });
    const respond = server.respond;
    server.respond = call => (call.path === '/meetings/m1/tunnel' ? { status: 429, body: { type: 'urn:meetoperator:error:quota-exceeded' } } : respond(call));
    expect(tunnelOf(await finish())!.state).toBe('untried');
    expect(server.calls.find(({ path }) => path === '/meetings/m1/tunnel')).toMatchObject({ method: 'GET', query: '?check=c1.x' });
  });

  it.each<[string, Partial<OpenedCheck>, boolean, string[]]>([
    ['the settings deny tunnels', { tunnelUrl: null }, true, ['tunnel']],
    ['the browser has none', {}, false, ['tunnel-browser']],
  ])('is not tried when %s, and the result says so', async (_, more, isAble, denied) => {
    if (isAble) canTunnel();
    const { seen, createWebSocket } = webSocket(70);
    const { finish } = await checking(() => undefined, { check: { ...check, ...more }, createWebSocket });
    const done = await finish();
    expect([done.denied, tunnelOf(done), seen.urls]).toEqual([denied, undefined, []]);
  });

  it('is not tried with a server of an earlier version, which says nothing about tunnels', async () => {
    canTunnel();
    const { finish } = await checking(() => undefined, { check: { ...opened, iceServers: [] } });
    const done = await finish();
    expect([done.denied, tunnelOf(done)]).toEqual([[], undefined]);
  });

  it('is closed when the check is aborted', async () => {
    canTunnel();
    const abort = new AbortController();
    const { seen, createWebSocket } = webSocket(70, [null]);
    const { run } = await checking(() => undefined, { check, createWebSocket, signal: abort.signal });
    await vi.advanceTimersByTimeAsync(500);
    abort.abort();
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen.isClosed).toBe(true);
  });
});
