// PostgreSQL, Redis and replicas of signaling of the test's own, as processes that can be killed and started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './visitor.mjs';

/** A process that is ended with the test; `log` is what it said. */
export class Service {
  constructor(command, args, options) {
    this.log = '';
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.ended = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', data => { this.log += data; });
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async end(signal = 'SIGTERM') {
    if (this.running) this.child.kill(signal);
    await this.ended;
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

export const accepts = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true); });
  socket.on('error', () => resolve(false));
});

export async function startRedis(port) {
  const redis = new Service('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']);
  await until(() => accepts(port), 'Redis accepts connections');
  return redis;
}

/** A PostgreSQL with a database `meet` and a role of that name that owns it. `start` brings it back after a kill, with what was committed. */
export async function preparePostgres() {
  const bin = `/usr/lib/postgresql/${readdirSync('/usr/lib/postgresql').sort().at(-1)}/bin`;
  const folder = await mkdtemp(join(tmpdir(), 'meet-e2e-postgres-'));
  const port = await freePort();
  // PostgreSQL refuses to run as root.
  const user = process.getuid() === 0 ? idsOf('postgres') : {};
  if (user.uid) await chown(folder, user.uid, user.gid);
  const run = async (program, args) => {
    const tool = new Service(`${bin}/${program}`, args, { cwd: folder, ...user });
    await tool.ended;
    if (tool.child.exitCode !== 0) throw new Error(`${program}: ${tool.log}`);
  };
  await run('initdb', ['-D', `${folder}/data`, '-U', 'postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C']);
  const start = async () => {
    let server = null;
    await until(async () => {
      // After a kill it refuses as long as one of its old processes is there.
      if (server === null || !server.running) server = new Service(`${bin}/postgres`, ['-D', `${folder}/data`, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'], { cwd: folder, ...user });
      const ready = new Service(`${bin}/pg_isready`, ['-h', '127.0.0.1', '-p', String(port)], { cwd: folder });
      await ready.ended;
      return ready.child.exitCode === 0;
    }, 'PostgreSQL answers', 60_000);
    return server;
  };
  const server = await start();
  for (const sql of ['CREATE ROLE meet LOGIN', 'CREATE DATABASE meet OWNER meet']) await run('psql', ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-v', 'ON_ERROR_STOP=1', '-c', sql]);
  return { server, start, connection: `Host=127.0.0.1;Port=${port};Username=meet;Database=meet`, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A replica of signaling beside the product's own: same meetings and media nodes, another database. */
export async function startReplica(product, { database, redis }) {
  const { home } = product;
  if (!home) throw new Error('This test starts programs of the product: with MEET_URL it needs MEET_HOME too.');
  const port = await freePort();
  const replica = new Service(`${home}/programs/signaling/MeetOperator.Signaling`, [], {
    cwd: `${home}/programs/signaling`,
    env: {
      ...process.env, KUBECONFIG: `${home}/kubeconfig`, MEET_HTTP_ADDRESS: `127.0.0.1:${port}`, MEET_DATABASE: database, MEET_REDIS: redis, MEET_WEB_ROOT: `${home}/programs/web`,
      MEET_CONTROL_KEY_FILE: `${home}/secrets/control.key`, MEET_SIGNING_KEY_FILE: `${home}/secrets/signing.key`, MEET_LOCAL_TENANT: 'default',
    },
  });
  await until(async () => {
    if (!replica.running) throw new Error(`signaling ended: ${replica.log}`);
    return (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok === true;
  }, 'the replica is ready', 60_000);
  return Object.assign(replica, { port });
}

/** One address in front of the replicas, as a Service is: each connection goes to the next one that takes it. */
export async function forwarder(ports) {
  let next = 0;
  const open = new Set();
  const server = createServer(client => {
    const dial = tries => {
      if (tries === 0) return client.destroy();
      const target = connect(ports[next++ % ports.length], '127.0.0.1');
      let connected = false;
      target.on('connect', () => {
        connected = true;
        client.pipe(target).pipe(client);
        client.on('close', () => target.destroy());
        target.on('close', () => client.destroy());
      });
      target.on('error', () => { if (connected) client.destroy(); else dial(tries - 1); });
    };
    open.add(client);
    client.on('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    dial(ports.length);
  });
  const port = await freePort();
  await new Promise(resolve => { server.listen(port, '127.0.0.1', resolve); });
  return {
    url: `http://localhost:${port}`,
    close: () => new Promise(resolve => {
      for (const client of open) client.destroy();
      server.close(resolve);
    }),
  };
}

function idsOf(name) {
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find(one => one.startsWith(`${name}:`));
  if (!line || !existsSync('/usr/lib/postgresql')) throw new Error('PostgreSQL is not installed: ./meet doctor says how.');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
