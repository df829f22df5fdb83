import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { headlessShell, launch } from './browser.mjs';
import { firefox, launchFirefox } from './firefox.mjs';
import { freePort, startProduct } from './product.mjs';
import { until } from './until.mjs';

const run = (program, ...args) => execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });

/** Whether this process may make networks. */
export const canMakeNetworks = process.getuid?.() === 0;

const families = [4, 6];

/**
 * The ways to a media node, the best first, each over IPv4 and IPv6: what a network must let out for it beside the page, the path that media then takes, and the seconds within which half of the people should
 * see somebody. `mediaPorts` are those of media nodes, `turnPort` is the port of the relay for UDP and TCP, `tlsPort` the one for TLS.
 */
export const rungs = ({ mediaPorts, turnPort, tlsPort }) => [
  ...['udp', 'tcp'].flatMap(protocol => families.map(family => ({ name: `${protocol}${family}`, kind: protocol, family, protocol, ports: mediaPorts, path: `direct ${protocol} ipv${family}`, limit: 1 }))),
  ...[['udp', 'udp', turnPort], ['tcp', 'tcp', turnPort], ['tls', 'tcp', tlsPort]].flatMap(([way, protocol, ports]) =>
    families.map(family => ({ name: `turn-${way}${family === 4 ? '' : family}`, kind: `turn-${way}`, family, protocol, ports, path: `relay ${way}`, limit: 1.5 }))),
];

/** The names of all rungs, and their kinds, which leave out the family of the addresses. */
export const rungNames = rungs({}).map(({ name }) => name);
export const rungKinds = [...new Set(rungs({}).map(({ kind }) => kind))];

/** Runs in the page: the paths that its connections use, as `rungs` names them. The relay may have addresses of another family than those at which the page reaches it. */
export const pathsInUse = async () => {
  const kinds = new Set();
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const report = await connection.getStats();
    const selected = [...report.values()].flatMap(({ type, id, selected: isSelected, selectedCandidatePairId }) => {
      if (type === 'transport') return selectedCandidatePairId ?? [];
      return type === 'candidate-pair' && isSelected ? id : []; // Firefox
    });
    for (const pair of new Set(selected.map(id => report.get(id)))) {
      const [local, remote] = [report.get(pair?.localCandidateId), report.get(pair?.remoteCandidateId)];
      kinds.add(local?.relayProtocol === undefined ? `direct ${local?.protocol} ${remote?.address?.includes(':') ? 'ipv6' : 'ipv4'}` : `relay ${local.relayProtocol}`);
    }
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
 * Starts an installation whose media nodes and relay have the addresses of this machine in the network of a person. `page` is what the page takes, `mediaPorts` are those of media nodes,
 * `turnPort` is the port of the relay for UDP and TCP, `tlsPort` the one for TLS.
 */
export async function startProductFor(network) {
  const product = await startProduct({ MEET_LISTEN: '0.0.0.0', MEET_ADVERTISE: [network.host.ipv4, network.host.ipv6].join() });
  try {
    const relayPorts = await serveTls(product);
    return { ...product, page: { family: 4, protocol: 'tcp', ports: new URL(product.url).port }, mediaPorts: readMediaPorts(product), ...relayPorts };
  } catch (error) {
    await product.close();
    throw error;
  }
}

/** The ports of media nodes, for UDP and TCP, of which the relay has none. */
function readMediaPorts({ home }) {
  const { min, max } = JSON.parse(run('kubectl', '--kubeconfig', `${home}/kubeconfig`, '-n', 'meet-default', 'get', 'sfupool', 'default', '-o', 'json')).spec.exposure.portRange;
  return `${min}:${max}`;
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

  #number;
  #place;
  #name;
  #folder;
  #devices;
  /** Where tests control Firefox, at loopback addresses of this machine and of the network. Chromium is controlled through pipes, which do not end at the border of a namespace. */
  #controlPort;
  #control = null;

  constructor(number, place, folder, controlPort) {
    this.#number = number;
    this.#place = place;
    this.#name = `meet-e2e-${process.pid}-${number}-${place}`;
    this.#folder = folder;
    this.#controlPort = controlPort;
    this.#devices = { outside: `mee${number}h${place}`, inside: `mee${number}p${place}` };
    /** The addresses of this machine, as the person sees it. */
    this.host = { ipv4: `10.203.${number}.1`, ipv6: `fd77:${number}::1` };
    this.person = { ipv4: `10.203.${number}.${place}`, ipv6: `fd77:${number}::${place}` };
  }

  static open() {
    return PersonNetwork.#open(1 + (process.pid + PersonNetwork.#count++) % 250, 2);
  }

  /** The network of another person, with a firewall of its own, in which this machine has the same addresses. Each network can have one such neighbour. */
  openNeighbour() {
    return PersonNetwork.#open(this.#number, this.#place + 1);
  }

  static async #open(number, place) {
    const network = new PersonNetwork(number, place, await mkdtemp(join(tmpdir(), 'meet-network-')), await freePort());
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
    const within = ['-n', this.#name];
    for (const [at, device, own, other] of [[[], outside, this.host, this.person], [within, inside, this.person, this.host]]) {
      run('ip', ...at, 'link', 'set', device, 'up');
      // Addresses of the two ends alone, because several networks share those of this machine.
      run('ip', ...at, 'address', 'add', own.ipv4, 'peer', other.ipv4, 'dev', device);
      run('ip', ...at, 'address', 'add', own.ipv6, 'peer', other.ipv6, 'dev', device, 'nodad');
    }
    run('ip', ...within, 'link', 'set', 'lo', 'up');
    for (const [family, address] of [['-4', this.host.ipv4], ['-6', this.host.ipv6]]) run('ip', ...within, family, 'route', 'add', 'default', 'via', address, 'dev', inside);
  }

  #inside(...command) {
    return run('ip', 'netns', 'exec', this.#name, ...command);
  }

  /**
   * Lets only this traffic out, from now on: a list of `{ family: 4 | 6, protocol: 'udp' | 'tcp', ports: '8080' | '1000:2000' }`. Everything else is dropped without an answer,
   * as firewalls do; loopback and the control of Firefox work. Over UDP and IPv4, `areChecksOnly` lets out connectivity checks, whose first byte is below 4 (RFC 7983 §7), and nothing else. With `isIncomingBlocked`, nothing comes in over UDP where none is let out; otherwise what others send still arrives.
   */
  allow(traffic, { isIncomingBlocked = false } = {}) {
    for (const [family, tables] of [[4, 'iptables'], [6, 'ip6tables']]) {
      const rules = traffic.filter(one => one.family === family).map(({ protocol, ports, areChecksOnly }) =>
        `-A OUTPUT -p ${protocol} --dport ${ports}${areChecksOnly ? ' -m u32 --u32 0>>22&0x3C@8>>24=0:3' : ''} -j ACCEPT`);
      const isBlocked = isIncomingBlocked && !traffic.some(one => one.family === family && one.protocol === 'udp');
      // Neighbour discovery is how IPv6 finds the other end of a link.
      const always = [
        '-A OUTPUT -o lo -j ACCEPT', ...(isBlocked ? ['-A INPUT ! -i lo -p udp -j DROP'] : []), family === 6 ? '-A OUTPUT -p icmpv6 -j ACCEPT' : `-A OUTPUT -p tcp --sport ${this.#controlPort} -j ACCEPT`,
      ];
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

  /** Starts Chromium in this network. In it, `http://localhost:PORT` is the page of this machine, because browsers give the camera to plain HTTP on localhost only. */
  async launch(port, extra = []) {
    this.#leadTo(port);
    return launch([...extra, '--ignore-certificate-errors'], await this.#write('chromium', `exec ${this.#command(headlessShell)}`));
  }

  /** The same with Firefox. */
  async launchFirefox(port) {
    this.#leadTo(port);
    const controlPort = this.#controlPort;
    this.#inside('iptables', '-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '--dport', String(controlPort), '-j', 'DNAT', '--to', `127.0.0.1:${controlPort}`);
    // Firefox answers at its own loopback address only, and to nobody who names another one.
    this.#control = createServer(socket => {
      const browser = connectTcp(controlPort, this.person.ipv4);
      socket.pipe(browser).pipe(socket);
      for (const [one, other] of [[socket, browser], [browser, socket]]) one.on('error', () => other.destroy());
    });
    await new Promise(resolve => this.#control.listen(controlPort, '127.0.0.1', resolve));
    return launchFirefox({ executablePath: await this.#write('firefox', `exec ${this.#command(firefox)}`), debuggingPort: controlPort, acceptInsecureCerts: true });
  }

  #leadTo(port) {
    this.#inside('sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
    this.#inside('iptables', '-t', 'nat', '-F');
    this.#inside('iptables', '-t', 'nat', '-A', 'OUTPUT', '-d', '127.0.0.1', '-p', 'tcp', '--dport', port, '-j', 'DNAT', '--to', `${this.host.ipv4}:${port}`);
    this.#inside('iptables', '-t', 'nat', '-A', 'POSTROUTING', '-s', '127.0.0.1', '-j', 'MASQUERADE');
  }

  /** The command in a shell that runs a program, with its arguments, in this network, where the name of the relay is known. */
  #command(program) {
    return `ip netns exec ${this.#name} sh -c 'mount --bind ${this.#folder}/hosts /etc/hosts && exec ${program} "$@"' sh "$@"`;
  }

  /** Writes a program. */
  async #write(name, command) {
    const path = join(this.#folder, name);
    await writeFile(path, `#!/bin/sh\n${command}\n`);
    await writeFile(join(this.#folder, 'hosts'), ['127.0.0.1 localhost', '::1 localhost', ...Object.values(this.host).map(address => `${address} ${relayName}`), ''].join('\n'));
    await chmod(path, 0o755);
    return path;
  }

  /** The interfaces go with the namespace. */
  async close() {
    this.#control?.close();
    try {
      run('ip', 'netns', 'delete', this.#name);
    } catch {
      // It was never made.
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
