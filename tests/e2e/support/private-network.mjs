import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { headlessShell } from './browser.mjs';

const run = promisify(execFile);

/** Whether this process may create network namespaces. */
export const canCreateNetworks = process.getuid?.() === 0;

/**
 * A network of its own for a browser: a network namespace with one line to this machine, and a firewall. This machine has the address `gateway` there. Needs root.
 */
export class PrivateNetwork {
  #name = `meet-e2e-${process.pid}`;
  #inside = `mi${process.pid}`;
  #outside = `mo${process.pid}`;
  #prefix = `10.199.${process.pid % 256}`;
  #folder = null;

  /** The address of this machine in the network. */
  get gateway() {
    return `${this.#prefix}.1`;
  }

  async open() {
    await run('ip', ['netns', 'add', this.#name]);
    await run('ip', ['link', 'add', this.#outside, 'type', 'veth', 'peer', 'name', this.#inside, 'netns', this.#name]);
    await run('ip', ['addr', 'add', `${this.gateway}/24`, 'dev', this.#outside]);
    await run('ip', ['link', 'set', this.#outside, 'up']);
    await this.#exec('ip', 'addr', 'add', `${this.#prefix}.2/24`, 'dev', this.#inside);
    await this.#exec('ip', 'link', 'set', this.#inside, 'up');
    await this.#exec('ip', 'link', 'set', 'lo', 'up');
    this.#folder = await mkdtemp(join(tmpdir(), 'meet-network-'));
  }

  /** A program that starts Chromium in this network. */
  async browser() {
    const path = join(this.#folder, 'chromium');
    await writeFile(path, `#!/bin/sh\nexec ip netns exec ${this.#name} ${headlessShell} "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }

  /** Programs in the network reach a port of this machine at localhost too, where browsers give camera and microphone to plain HTTP. */
  async forwardLocalhost(port) {
    await this.#exec('sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1');
    await this.#exec('iptables', '-w', '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '-d', '127.0.0.1', '--dport', String(port), '-j', 'DNAT', '--to-destination', `${this.gateway}:${port}`);
    await this.#exec('iptables', '-w', '-t', 'nat', '-A', 'POSTROUTING', '-s', '127.0.0.0/8', '-o', this.#inside, '-j', 'MASQUERADE');
  }

  /** The firewall lets no UDP through. */
  blockUdp() {
    return this.#exec('iptables', '-w', '-A', 'OUTPUT', '-p', 'udp', '-j', 'DROP');
  }

  /** The firewall lets UDP through again. */
  allowUdp() {
    return this.#exec('iptables', '-w', '-F', 'OUTPUT');
  }

  async close() {
    await run('ip', ['link', 'del', this.#outside]).catch(() => {});
    await run('ip', ['netns', 'del', this.#name]).catch(() => {});
    if (this.#folder !== null) await rm(this.#folder, { recursive: true, force: true });
  }

  #exec(...command) {
    return run('ip', ['netns', 'exec', this.#name, ...command]);
  }
}
