// What a cluster can leave on a machine. As a program, prints the state of the machine as JSON, for a later comparison.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const lines = (command, ...args) => execFileSync(command, args, { encoding: 'utf8' }).split('\n').map(line => line.trim()).filter(line => line !== '');
const processes = () => readdirSync('/proc').filter(name => /^\d+$/.test(name));

/** The current state of the machine, and a mark for the environment of the processes of a cluster. */
export function snapshot() {
  const mark = randomBytes(16).toString('hex');
  return { mark, traces: traces(mark) };
}

/** What a cluster could leave on a machine, by kind; processes of other programs are ignored. */
export function traces(mark) {
  return {
    mounts: lines('findmnt', '--noheadings', '--list', '--output', 'TARGET,FSTYPE').sort(),
    namedNetworks: existsSync('/run/netns') ? readdirSync('/run/netns').sort() : [],
    links: lines('ip', '-oneline', 'link', 'show').map(line => line.split(/:\s+/)[1].split('@')[0]).sort(),
    addresses: ['-4', '-6'].flatMap(family => lines('ip', '-oneline', family, 'address', 'show')).map(line => line.split(/\s+/).slice(1, 4).join(' ')).sort(),
    routes: ['-4', '-6'].flatMap(family => [...lines('ip', family, 'route', 'show', 'table', 'all'), ...lines('ip', family, 'rule', 'show')]).map(line => line.replace(/ expires \d+sec/, '')).sort(),
    firewall: ['iptables-save', 'ip6tables-save'].flatMap(command => lines(command)).filter(line => !line.startsWith('#')).map(line => line.replace(/\[\d+:\d+\]/, '')),
    forwarding: lines('sysctl', 'net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding', 'net.ipv6.conf.all.forwarding'),
    listening: lines('ss', '-Hltn').map(line => line.split(/\s+/)[3]).filter(address => /^10\.25\d\.|^\[fd6d:6565:74:|:(6443|1025\d|1238\d|12379)$/.test(address)),
    cgroups: readdirSync('/sys/fs/cgroup').flatMap(name => [name, ...inside(`/sys/fs/cgroup/${name}`)]).filter(name => name.startsWith('meet-')),
    hosts: readFileSync('/etc/hosts', 'utf8').split('\n'),
    folders: ['/run', '/var/lib', '/var/log', '/etc', '/usr/libexec', '/etc/cni', '/opt/cni'].flatMap(folder => inside(folder).map(name => `${folder}/${name}`)),
    processes: clusterProcesses(mark).map(pid => commandLine(pid)),
  };
}

/** The kernel namespaces of the cluster's processes. */
export function namespaces(mark) {
  return new Set(clusterProcesses(mark).flatMap(pid => inside(`/proc/${pid}/ns`).map(name => link(`/proc/${pid}/ns/${name}`))).filter(name => name !== ''));
}

/** The namespaces in `known` that still have a process. */
export function inhabited(known) {
  const own = new Set(inside('/proc/self/ns').map(name => link(`/proc/self/ns/${name}`)));
  return [...new Set(processes().flatMap(pid => inside(`/proc/${pid}/ns`).map(name => link(`/proc/${pid}/ns/${name}`))))].filter(name => known.has(name) && !own.has(name));
}

/** The processes of the cluster: they inherit the mark in their environment, or run in the cgroups of the nodes. */
function clusterProcesses(mark) {
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
