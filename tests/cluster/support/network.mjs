// Firewall rules in Pods, for faults of the network.
import { isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { cluster, get } from './kubectl.mjs';

/** The number of the node that runs a Pod. */
export const machineOf = pod => pod.spec.nodeName.slice(1);

/** The program for a rule: that of the family of its address. */
export const programFor = rule => (rule.some(part => isIPv6(part.split('/')[0])) ? 'ip6tables' : 'iptables');

/** Runs iptables in the network namespace of a Pod, with `-I` or `-D` and each of the rules. Rejects if the node has no such namespace. */
async function firewall(pod, action, rules) {
  const commands = rules.map(rule => `ip netns exec "$ns" ${programFor(rule)} -w ${action} ${rule.join(' ')}`).join(' && ');
  await cluster('node', machineOf(pod), 'sh', '-c',
    `for ns in $(ip netns list | cut -d' ' -f1); do if ip netns exec "$ns" ip -o addr | grep -q ' ${pod.status.podIP}/'; then ${commands}; exit; fi; done; echo 'no network namespace has the address ${pod.status.podIP}' >&2; exit 1`);
}

/** Drops packets in Pods for `meanwhile` seconds, or while it runs. `rules`: pairs of a Pod and the rules for it. A Pod that ends meanwhile needs none. */
export async function cut(rules, meanwhile) {
  const done = [];
  const change = (pod, action, rule) => firewall(pod, action, [rule]).catch(async error => { if (await isThere(pod)) throw error; });
  try {
    for (const [pod, list] of rules) {
      for (const rule of list) {
        await change(pod, '-I', rule);
        done.push([pod, rule]);
      }
    }
    if (typeof meanwhile === 'number') await pause(meanwhile * 1000);
    else await meanwhile();
  } finally {
    for (const [pod, rule] of done) await change(pod, '-D', rule);
  }
}

/** Whether the Pod still runs: its network namespace ends with it. */
async function isThere({ metadata: { name, namespace, uid } }) {
  const pods = await get('pods', '-n', namespace);
  return pods.some(pod => pod.metadata.name === name && pod.metadata.uid === uid && pod.metadata.deletionTimestamp === undefined);
}

/** Rules that drop all UDP between these Pods of media nodes where they are on different nodes of the cluster. Packets between them have the address of a Pod or of the other node. */
export const betweenMachines = pods => pods.map(pod => {
  const other = machineOf(pod) === '1' ? 2 : 1;
  const sources = [`10.251.${other}.0/24`, `10.250.0.1${other}`, `fd6d:6565:74:251:${other}::/80`, `fd6d:6565:74:250::1${other}`];
  return [pod, sources.map(source => ['INPUT', '-p', 'udp', '-s', source, '-j', 'DROP'])];
});

/** Rules that drop what these Pods of operators send to the Pod of a media node. On another node of the cluster, it has the address of the operator's node, as that of every Pod there. */
export const fromOperators = (pod, operators) => operators.map(operator => [operator, [['OUTPUT', '-p', 'tcp', '-d', pod.status.podIP, '-j', 'DROP']]]);

/**
 * While `meanwhile` runs, nothing that is sent over the families to these ports reaches these nodes of the cluster or their Pods. Media nodes check themselves over loopback, which is left open.
 */
export async function withoutPorts({ min, max = min, protocols = ['udp', 'tcp'], families = ['IPv4', 'IPv6'], machines = ['1', '2'] }, meanwhile) {
  const rules = machines.flatMap(machine => families.flatMap(family => protocols.map(protocol => [
    machine, family === 'IPv6' ? 'ip6tables' : 'iptables', ['PREROUTING', '!', '-i', 'lo', '-p', protocol, '--dport', `${min}:${max}`, '-j', 'DROP'],
  ])));
  const change = async action => {
    for (const [machine, program, rule] of rules) await cluster('node', machine, program, '-w', '-t', 'mangle', action, ...rule);
  };
  await change('-I');
  try {
    return await meanwhile();
  } finally {
    await change('-D');
  }
}
