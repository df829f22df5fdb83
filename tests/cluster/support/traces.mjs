// Also a program: prints the machine's state as JSON, for a look back after a cluster has gone.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const lines = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n').map(line => line.trim()).filter(line => line !== '');
const processes = () => readdirSync('/proc').filter(name => /^\d+$/.test(name));

/** The machine as it is now, and a mark for the environment of what a cluster is going to start. */
export function snapshot() {
  const mark = randomBytes(16).toString('hex');
  return { mark, traces: traces(mark) };
}

/** What a cluster could leave on a machine, kind by kind; other programs' processes are not looked at. */
export function traces(mark) {
  return {
    mounts: lines('findmnt', '--noheadings', '--list', '--output', 'TARGET,FSTYPE').sort(),
    namedNetworks: existsSync('/run/netns') ? readdirSync('/run/netns').sort() : [],
    links: lines('ip', '-oneline', 'link', 'show').map(line => line.split(/:\s+/)[1].split('@')[0]).sort(),
    addresses: lines('ip', '-oneline', '-4', 'address', 'show').map(line => line.split(/\s+/).slice(1, 4).join(' ')).sort(),
    routes: [...lines('ip', '-4', 'route', 'show', 'table', 'all'), ...lines('ip', '-4', 'rule', 'show')].sort(),
    firewall: ['iptables-save', 'ip6tables-save'].flatMap(command => lines(command)).filter(line => !line.startsWith('#')).map(line => line.replace(/\[\d+:\d+\]/, '')),
    forwarding: lines('sysctl', 'net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'),
    listening: lines('ss', '-Hltn').map(line => line.split(/\s+/)[3]).filter(address => /^10\.25\d\.|:(6443|1025\d|1238\d|12379)$/.test(address)),
    cgroups: readdirSync('/sys/fs/cgroup').flatMap(name => [name, ...inside(`/sys/fs/cgroup/${name}`)]).filter(name => name.startsWith('meet-')),
    hosts: readFileSync('/etc/hosts', 'utf8').split('\n'),
    folders: ['/run', '/var/lib', '/var/log', '/etc', '/usr/libexec', '/etc/cni', '/opt/cni'].flatMap(folder => inside(folder).map(name => `${folder}/${name}`)),
    processes: ours(mark).map(pid => commandLine(pid)),
  };
}

/** Namespaces that our processes live in, as the kernel names them. */
export function namespaces(mark) {
  return new Set(ours(mark).flatMap(pid => inside(`/proc/${pid}/ns`).map(name => link(`/proc/${pid}/ns/${name}`))).filter(name => name !== ''));
}

/** Namespaces out of `known` that some process of the machine is still in. */
export function inhabited(known) {
  const own = new Set(inside('/proc/self/ns').map(name => link(`/proc/self/ns/${name}`)));
  return [...new Set(processes().flatMap(pid => inside(`/proc/${pid}/ns`).map(name => link(`/proc/${pid}/ns/${name}`))))].filter(name => known.has(name) && !own.has(name));
}

/** Processes that the cluster started: they inherit the mark in their environment, and containers run in the nodes' cgroups. */
function ours(mark) {
  return processes().filter(pid => text(`/proc/${pid}/environ`).includes(`MEET_CLUSTER_MARK=${mark}`) || text(`/proc/${pid}/cgroup`).includes('/meet-n')).filter(pid => pid !== String(process.pid));
}

const commandLine = pid => text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();

function inside(folder) {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function text(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path) {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) console.log(JSON.stringify(snapshot()));
