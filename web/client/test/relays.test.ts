import { describe, expect, it } from 'vitest';
import { ScriptedServer, participant, settle, track } from './fakes.js';
import { joinMeeting } from './join.js';

const relay = (username: string): RTCIceServer => ({ urls: ['turn:192.0.2.1:3478?transport=udp', 'turn:192.0.2.1:3478?transport=tcp'], username, credential: 'secret' });

async function joinedWith(iceServers: RTCIceServer[]) {
  const server = new ScriptedServer();
  server.respond = call => {
    const response = server.defaultResponse(call);
    return typeof response === 'object' && call.path.endsWith('/join') ? { ...response, body: { ...response.body as object, iceServers } } : response;
  };
  const { meeting } = await joinMeeting({}, server);
  server.acceptJoin([participant('bob')]);
  await meeting.publish(track('video'), 'camera');
  server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
  await settle();
  return { server, meeting };
}

describe('relays', () => {
  it('of the join are used by both connections', async () => {
    const { server } = await joinedWith([relay('1:m1:me')]);
    expect(server.connections).toHaveLength(2);
    for (const { configuration } of server.connections) expect(configuration.iceServers).toEqual([relay('1:m1:me')]);
  });

  it('that the server sends before it accepts the join are used by the first connections', async () => {
    const server = new ScriptedServer();
    const { meeting } = await joinMeeting({}, server);
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('1:m1:me')] });
    server.acceptJoin([participant('bob')]);
    await meeting.publish(track('video'), 'camera');
    server.offer('s1', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's1');
    await settle();
    expect(server.connections).toHaveLength(2);
    for (const { configuration } of server.connections) expect(configuration.iceServers).toEqual([relay('1:m1:me')]);
  });

  it('that the server sends later are used by connections that exist, and by new ones', async () => {
    const { server } = await joinedWith([]);
    server.connections[0]!.close();
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('2:m1:me')] });
    expect(server.connections.map(one => one.configuration.iceServers)).toEqual([[], [relay('2:m1:me')]]);
    expect(server.connections[1]!.configuration.bundlePolicy).toBe('max-bundle');
    server.offer('s2', 1, [{ mid: '0', participantId: 'bob', kind: 'video', source: 'camera' }], 's2');
    await settle();
    expect(server.connections.at(-1)!.configuration.iceServers).toEqual([relay('2:m1:me')]);
  });

  it('with a URL that the browser does not accept change nothing', async () => {
    const { server } = await joinedWith([relay('1:m1:me')]);
    server.connections[0]!.setConfiguration = () => { throw new DOMException('unknown scheme', 'SyntaxError'); };
    server.socket.receive({ type: 'ice-servers', iceServers: [relay('2:m1:me')] });
    expect(server.connections.map(one => one.configuration.iceServers![0]!.username)).toEqual(['1:m1:me', '2:m1:me']);
  });
});
