import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { headlessShell, launch } from './browser.mjs';
import { freePort, startProduct } from './product.mjs';
import { until } from './until.mjs';

const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

/** Whether this process may make networks. */
export const canMakeNetworks = process.getuid?.() === 0;

/**
 * The ways to a media node, the best first: what a network must let out for it beside the page, the path that media then takes, and the seconds within which half of the people should see
 * somebody. `turnPort` is the port of the relay for UDP and TCP, `tlsPort` the one for TLS.
 */
export const rungs = ({ turnPort, tlsPort }) => [
  { name: 'udp4', family: 4, protocol: 'udp', ports: '1024:65535', path: 'direct udp ipv4', limit: 1 },
  { name: 'udp6', family: 6, protocol: 'udp', ports: '1024:65535', path: 'direct udp ipv6', limit: 1 },
  { name: 'tcp4', family: 4, protocol: 'tcp', ports: '1024:65535', path: 'direct tcp ipv4', limit: 1 },
  { name: 'tcp6', family: 6, protocol: 'tcp', ports: '1024:65535', path: 'direct tcp ipv6', limit: 1 },
  { name: 'turn-udp', family: 4, protocol: 'udp', ports: turnPort, path: 'relay udp ipv4', limit: 1.5 },
  { name: 'turn-tcp', family: 4, protocol: 'tcp', ports: turnPort, path: 'relay tcp ipv4', limit: 1.5 },
  { name: 'turn-tls', family: 4, protocol: 'tcp', ports: tlsPort, path: 'relay tls ipv4', limit: 1.5 },
];

/** The names of all rungs. */
export const rungNames = rungs({}).map(rung => rung.name);

/** Runs in the page: the kinds of paths that its connections use. */
export const pathsInUse = async () => {
  const kinds = new Set();
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const report = await connection.getStats();
    report.forEach(record => {
      if (record.type !== 'transport') return;
      const pair = report.get(record.selectedCandidatePairId);
      const [local, remote] = [report.get(pair?.localCandidateId), report.get(pair?.remoteCandidateId)];
      kinds.add(`${local?.relayProtocol === undefined ? 'direct' : 'relay'} ${local?.relayProtocol ?? local?.protocol} ${remote?.address?.includes(':') ? 'ipv6' : 'ipv4'}`);
    });
  }
  return [...kinds];
};

/** Says whether media may pass through signaling when nothing else works: `LastResort` or `Denied`. */
export const setTunnels = ({ home }, tunnel) => run(
  'kubectl', '--kubeconfig', `${home}/kubeconfig`, 'patch', 'tenant', 'default', '--type=merge', '-p', JSON.stringify({ spec: { connectivity: { tunnel } } }),
);

/** The name in the certificate of the relay. */
const relayName = 'relay.example.com';

/**
 * Starts an installation whose media nodes and relay have the addresses of this machine in the network of a person. `page` is what the page takes, `turnPort` the port of the relay for UDP
 * and TCP, `tlsPort` the one for TLS.
 */
export async function startProductFor(network) {
  const product = await startProduct({ MEET_LISTEN: '0.0.0.0', MEET_ADVERTISE: [network.host.ipv4, network.host.ipv6].join() });
  try {
    const ports = await serveTls(product);
    return { ...product, page: { family: 4, protocol: 'tcp', ports: new URL(product.url).port }, ...ports };
  } catch (error) {
    await product.close();
    throw error;
  }
}

/** Stores a new certificate for the relay in its Secret. */
export async function replaceCertificate({ home }) {
  const folder = await mkdtemp(join(tmpdir(), 'meet-certificate-'));
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const kubectl = ['kubectl', '--kubeconfig', `${home}/kubeconfig`, '-n', 'meet-default'];
  try {
    run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', `/CN=${relayName}`, '-addext', `subjectAltName=DNS:${relayName}`, '-keyout', key, '-out', certificate);
    const secret = run(...kubectl, 'create', 'secret', 'tls', 'relay', `--cert=${certificate}`, `--key=${key}`, '--dry-run=client', '-o', 'yaml');
    execFileSync(kubectl[0], [...kubectl.slice(1), 'apply', '-f', '-'], { input: secret, stdio: ['pipe', 'ignore', 'pipe'] });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The fingerprint of the certificate that a relay has for TLS. */
export const servedCertificate = (host, port) => new Promise((resolve, reject) => {
  const socket = connect({ host, port, servername: relayName, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().fingerprint256);
    socket.destroy();
  });
  socket.on('error', reject);
});

/** Gives the relay a certificate and a listener for TLS, and waits until it serves both. */
async function serveTls(product) {
  const kubectl = (...args) => run('kubectl', '--kubeconfig', `${product.home}/kubeconfig`, '-n', 'meet-default', ...args);
  const pool = () => JSON.parse(kubectl('get', 'turnpool', 'default', '-o', 'json'));
  await replaceCertificate(product);
  const tlsPort = await freePort();
  const { listeners: [{ port: turnPort }] } = pool().spec;
  const spec = { listeners: [...['UDP', 'TCP'].map(protocol => ({ protocol, port: turnPort })), { protocol: 'TLS', port: tlsPort }], tls: { secretName: 'relay' } };
  kubectl('patch', 'turnpool', 'default', '--type=merge', '-p', JSON.stringify({ spec }));
  const url = `turns:${relayName}:${tlsPort}?transport=tcp`;
  await until(() => pool().status?.endpoints?.includes(url), `participants get ${url}`, 60_000).catch(error => { throw new Error(`${error.message}: ${pool().status?.message}`); });
  return { turnPort, tlsPort };
}

/**
 * The network of one person: a namespace that a pair of interfaces joins to this machine, with IPv4 and IPv6. Its firewall lets nothing out but what `allow` says.
 * Requires root. `close` removes everything.
 */
export class PersonNetwork {
  static #count = 0;

  #name;
  #folder;
  #devices;

  constructor(name, folder, number) {
    this.#name = name;
    this.#folder = folder;
    this.#devices = { outside: `mee${number}h`, inside: `mee${number}p` };
    /** The addresses of this machine, as the person sees it. */
    this.host = { ipv4: `10.203.${number}.1`, ipv6: `fd77:${number}::1` };
    this.person = { ipv4: `10.203.${number}.2`, ipv6: `fd77:${number}::2` };
  }

  static async open() {
    const number = 1 + (process.pid + PersonNetwork.#count++) % 250;
    const name = `meet-e2e-${process.pid}-${number}`;
    const network = new PersonNetwork(name, await mkdtemp(join(tmpdir(), 'meet-network-')), number);
    try {
      network.#make(network.#devices);
    } catch (error) {
      await network.close();
      throw error;
    }
    return network;
  }

  #make({ outside, inside }) {
    run('ip', 'netns', 'add', this.#name);
    run('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', this.#name);
    for (const [at, device, { ipv4, ipv6 }] of [[[], outside, this.host], [['-n', this.#name], inside, this.person]]) {
      run('ip', ...at, 'address', 'add', `${ipv4}/24`, 'dev', device);
      run('ip', ...at, 'address', 'add', `${ipv6}/64`, 'dev', device, 'nodad');
      run('ip', ...at, 'link', 'set', device, 'up');
    }
    run('ip', '-n', this.#name, 'link', 'set', 'lo', 'up');
    run('ip', '-n', this.#name, 'route', 'add', 'default', 'via', this.host.ipv4);
  }

  /**
   * Lets only this traffic out, from now on: a list of `{ family: 4 | 6, protocol: 'udp' | 'tcp', ports: '8080' | '1000:2000' }`. Everything else is dropped without an answer,
   * as firewalls do; loopback works. With `isIncomingBlocked`, nothing comes in over UDP where none is let out; otherwise what others send still arrives.
   */
  allow(traffic, { isIncomingBlocked = false } = {}) {
    for (const [family, tables] of [[4, 'iptables'], [6, 'ip6tables']]) {
      const rules = traffic.filter(one => one.family === family).map(({ protocol, ports }) => `-A OUTPUT -p ${protocol} --dport ${ports} -j ACCEPT`);
      // Neighbour discovery is how IPv6 finds the other end of a link.
      const isBlocked = isIncomingBlocked && !traffic.some(one => one.family === family && one.protocol === 'udp');
      const always = ['-A OUTPUT -o lo -j ACCEPT', ...(isBlocked ? ['-A INPUT ! -i lo -p udp -j DROP'] : []), ...(family === 6 ? ['-A OUTPUT -p icmpv6 -j ACCEPT'] : [])];
      execFileSync('ip', ['netns', 'exec', this.#name, `${tables}-restore`], { input: ['*filter', ':INPUT ACCEPT', ':FORWARD DROP', ':OUTPUT DROP', ...always, ...rules, 'COMMIT', ''].join('\n') });
    }
  }

  /** Makes the line as narrow as this in each direction, with room for what it sends in 200 ms; null removes the limit. */
  narrow(kbps) {
    for (const [at, device] of [[[], this.#devices.outside], [['-n', this.#name], this.#devices.inside]]) {
      const line = ['qdisc', 'replace', 'dev', device, 'root'];
      run('tc', ...at, ...(kbps === null ? [...line, 'pfifo'] : [...line, 'tbf', 'rate', `${kbps}kbit`, 'burst', '10k', 'latency', '200ms']));
    }
  }

  /** Starts a browser in this network. In it, `http://localhost:PORT` is the page of this machine, because browsers give the camera to plain HTTP on localhost only. */
  async launch(port, extra = []) {
    const inside = (...command) => run('ip', 'netns', 'exec', this.#name, ...command);
    inside('sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
    inside('iptables', '-t', 'nat', '-F');
    inside('iptables', '-t', 'nat', '-A', 'OUTPUT', '-d', '127.0.0.1', '-p', 'tcp', '--dport', port, '-j', 'DNAT', '--to', `${this.host.ipv4}:${port}`);
    inside('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', '127.0.0.1', '-j', 'MASQUERADE');
    const program = join(this.#folder, 'browser');
    await writeFile(program, `#!/bin/sh\nexec ip netns exec ${this.#name} ${headlessShell} "$@"\n`);
    await chmod(program, 0o755);
    return launch([...extra, `--host-resolver-rules=MAP ${relayName} ${this.host.ipv4}`, '--ignore-certificate-errors'], program);
  }

  /** The interfaces go with the namespace. */
  async close() {
    try {
      run('ip', 'netns', 'delete', this.#name);
    } catch {
      // It was never made.
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
