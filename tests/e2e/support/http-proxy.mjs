import { createServer, request } from 'node:http';
import { connect } from 'node:net';

/**
 * An ordinary HTTP proxy on all IPv4 and IPv6 addresses of this machine: it forwards requests, and opens connections for CONNECT (RFC 9110 §9.3.6) to these ports only, as most proxies do for 443. Browsers use
 * CONNECT for TLS and WebSockets, and also for ICE over TCP.
 */
export async function startProxy(ports) {
  const sockets = new Set();
  const server = createServer((incoming, response) => {
    const { hostname, port, pathname, search } = new URL(incoming.url);
    const outgoing = request({ hostname, port, path: pathname + search, method: incoming.method, headers: incoming.headers }, answer => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  let tunnels = 0;
  server.on('connect', (incoming, client, head) => {
    const [hostname, port] = incoming.url.split(':');
    if (!ports.includes(port)) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const target = connect(Number(port), hostname, () => {
      tunnels++;
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.write(head);
      target.pipe(client).pipe(target);
    });
    for (const [one, other] of [[client, target], [target, client]]) one.on('error', () => other.destroy());
  });
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise(resolve => server.listen(0, '::', resolve));
  return {
    port: String(server.address().port),
    /** The number of connections that were opened for CONNECT. */
    connections: () => tunnels,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise(resolve => server.close(resolve));
    },
  };
}
