// The connection that receives is of the kind of its session, whatever this client would choose.
import { describe, expect, it } from 'vitest';
import { settle } from '../fakes.js';
import { joinedMeeting } from '../join.js';

describe('a session that the server offers', () => {
  it.each([
    ['on a tunnel is opened as one', { tunnel: true }, ['wss://meet.test/meetings/m1/tunnel?session=s1'], 0],
    ['not on a tunnel is not', { tunnel: false }, [], 1],
    ['without a word about tunnels is opened as the client chooses', {}, [], 1],
  ])('%s', async (_, fields, tunnels, connections) => {
    const { server } = await joinedMeeting();
    server.socket.receive({ type: 'offer', from: 'sfu', revision: 1, sdp: 'a=ice-ufrag:a\na=ice-pwd:a', tracks: [], sessionId: 's1', ...fields });
    await settle();
    expect(server.sockets.slice(1).map(({ url }) => url)).toEqual(tunnels);
    expect(server.connections).toHaveLength(connections);
  });
});
