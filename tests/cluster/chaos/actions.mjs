// The faults of a chaos run on the cluster. Each one begins, lasts, and ends; what it changed is undone even when it fails.
import { setTimeout as pause } from 'node:timers/promises';
import { until as soon } from '../../e2e/support/until.mjs';
import { system } from '../support/cluster-room.mjs';
import { cluster, get, kubectl, run, until } from '../support/kubectl.mjs';
import { betweenMachines, cut, fromOperators, machineOf } from '../support/network.mjs';
import { isEmpty, isNotFound, nextNode } from './invariants.mjs';

const chosen = (list, pick) => list[Math.floor(pick * list.length)];
const drain = (stage, name, value) => kubectl('patch', 'sfunode', name, '-n', stage.namespace, '--type=merge', '-p', JSON.stringify({ spec: { drain: value } }));

/** A media node that serves, if possible one that carries a meeting. */
async function servingNode(stage, pick) {
  const serving = (await stage.nodes()).filter(one => ['Ready', 'Allocated'].includes(one.status?.state) && one.metadata.deletionTimestamp === undefined);
  const used = serving.filter(one => one.status.meetings > 0);
  return chosen(used.length > 0 ? used : serving, pick).metadata.name;
}

/** The Pod of such a media node. */
const servingPod = async (stage, pick) => get('pod', await servingNode(stage, pick), '-n', stage.namespace);
const node = (stage, name) => get('sfunode', name, '-n', stage.namespace).catch(() => null);

const drained = (stage, name) => isEmpty(get('sfunode', name, '-n', stage.namespace));

/** Waits until the operator has seen that a media node ended, so that the next fault does not begin before the effects of this one. If the media node is back before that, it has none. */
const ended = (stage, name) => until(async () => !['Ready', 'Allocated', 'Draining'].includes((await node(stage, name))?.status?.state), `${name} ends`, 15_000).catch(() => {});

/** Deletes a Pod without its grace period: Kubernetes kills its processes. */
const kill = pod => kubectl('delete', 'pod', pod.metadata.name, '-n', pod.metadata.namespace, '--grace-period=0', '--force', '--wait=false');

/** Sends a signal to the first process of the Pod's container. */
function signal(pod, name) {
  const container = pod.status.containerStatuses[0].containerID.replace('containerd://', '');
  const machine = machineOf(pod);
  return run('ctr', ['--address', `/var/lib/meet-cluster/n${machine}/run/containerd/containerd.sock`, '-n', 'k8s.io', 'task', 'kill', '--signal', name, container]);
}

async function leader(stage) {
  const { holderIdentity } = (await get('lease', 'meet-operator', '-n', system)).spec;
  return (await stage.pods('operator')).find(pod => holderIdentity.includes(pod.metadata.name)) ?? null;
}

async function otherLeads(former) {
  await until(async () => {
    const { holderIdentity } = (await get('lease', 'meet-operator', '-n', system)).spec;
    return holderIdentity !== '' && !holderIdentity.includes(former.metadata.name);
  }, 'another replica leads', 60_000);
}

/** The media node of the origin of a meeting; null if there is none. */
async function originNode(stage, pick) {
  const origins = (await get('meetings', '-n', stage.namespace)).flatMap(({ status }) => (status?.assignments ?? []).filter(({ role, state }) => role === 'Origin' && state === 'Ready'));
  return origins.length === 0 ? null : chosen(origins.map(one => one.sfuNode).sort(), pick);
}

/** Replaces the media nodes of a pool by others with a slightly different template. */
async function rollOut(stage, { metadata: { name }, spec }) {
  const memory = 96 + Number.parseInt(spec.template.resources.requests.memory, 10) % 8 + 1;
  const started = Date.now();
  await kubectl('patch', 'sfupool', name, '-n', stage.namespace, '--type=merge', '-p', JSON.stringify({ spec: { template: { resources: { requests: { memory: `${memory}Mi` } } } } }));
  await until(async () => {
    const { metadata, spec: wanted, status } = await get('sfupool', name, '-n', stage.namespace);
    return status?.observedGeneration === metadata.generation && status.updatedReplicas === wanted.replicas && status.replicas === wanted.replicas;
  }, `all media nodes of ${name} are replaced`, 300_000);
  return `all media nodes of ${name} are replaced after ${((Date.now() - started) / 1000).toFixed(1)} s`;
}

const poolsOfType = async (stage, type) => (await get('sfupools', '-n', stage.namespace)).filter(({ spec }) => spec.rollout.type === type);

const rolledOut = what => kubectl('rollout', 'status', `deployment/${what}`, '-n', system, '--timeout=120s');

/** Each returns a note for the log; one that may find nothing to kill returns `{ note, hasKilled }`. */
export const actions = {
  async 'drain-node'(stage, { pick }) {
    const name = await servingNode(stage, pick);
    const started = Date.now();
    await drain(stage, name, { reason: 'chaos', deadlineSeconds: 0 });
    try {
      await until(() => drained(stage, name), `${name} is drained`);
      return `${name} is empty after ${((Date.now() - started) / 1000).toFixed(1)} s`;
    } finally {
      await drain(stage, name, null).catch(() => {}); // The pool may have removed it.
    }
  },

  async 'drain-taken-back'(stage, { pick, hold }) {
    const name = await servingNode(stage, pick);
    await drain(stage, name, { reason: 'chaos', deadlineSeconds: 0 });
    await pause(hold * 1000);
    // One that carried nothing but a standby is empty at once, and may be gone.
    const isGone = await drain(stage, name, null).then(() => false, error => { if (isNotFound(error)) return true; throw error; });
    if (isGone) return `${name} was empty and removed`;
    let last;
    // When its replacement was ready first, the pool has one media node too many, and may remove either.
    await until(async () => (last = await node(stage, name)) === null || ['Ready', 'Allocated'].includes(last.status?.state), `${name} serves again`).catch(error => {
      throw new Error(`${error.message}; it is ${last.status?.state}: ${last.status?.message}; ${JSON.stringify({ spec: last.spec, deleted: last.metadata.deletionTimestamp })}`);
    });
    if (last === null) return `${name} had been replaced, and was removed`;
    return `${name} after ${hold.toFixed(1)} s`;
  },

  async 'drain-machine'(stage, { pick }) {
    const machine = chosen(['n1', 'n2'], pick);
    const started = Date.now();
    try {
      await kubectl('drain', machine, '--force', '--ignore-daemonsets', '--pod-selector=meetoperator.io/component=media-node', '--timeout=120s');
      return `${machine} is drained after ${((Date.now() - started) / 1000).toFixed(1)} s`;
    } finally {
      await kubectl('uncordon', machine);
    }
  },

  async 'rollout-migrate'(stage, { pick }) {
    return rollOut(stage, chosen(await poolsOfType(stage, 'Migrate'), pick));
  },

  async 'rollout-immediate'(stage, { pick }) {
    return rollOut(stage, chosen(await poolsOfType(stage, 'Immediate'), pick));
  },

  async 'kill-node-pod'(stage, { pick }) {
    const pod = await servingPod(stage, pick);
    await kill(pod);
    await ended(stage, pod.metadata.name);
    return pod.metadata.name;
  },

  async 'crash-node'(stage, { pick }) {
    const pod = await servingPod(stage, pick);
    await signal(pod, 'SIGKILL');
    await ended(stage, pod.metadata.name);
    return pod.metadata.name;
  },

  /** Kills the media node to which a meeting moves: after `hold` seconds while it is prepared or while the former one is left, whichever it is then. */
  async 'kill-during-drain'(stage, { pick, hold }) {
    const name = await originNode(stage, pick);
    if (name === null) return { note: 'no meeting has a media node', hasKilled: false };
    await drain(stage, name, { reason: 'chaos', deadlineSeconds: 0 });
    try {
      await pause(hold * 1000);
      let next = null;
      await soon(async () => (next = nextNode(await get('meetings', '-n', stage.namespace), name)) !== null || await drained(stage, name), `a meeting moves from ${name}`, 60_000, 20);
      if (next === null) return { note: `${name} was empty before the next media node could be killed`, hasKilled: false };
      await signal(await get('pod', next.sfuNode, '-n', stage.namespace), 'SIGKILL');
      await ended(stage, next.sfuNode);
      await until(() => drained(stage, name), `${name} is drained`, 120_000); // Another media node may have to be created first.
      return { note: `${next.sfuNode}, the next media node of a meeting on ${name}, which was ${next.while}`, hasKilled: true };
    } finally {
      await drain(stage, name, null).catch(() => {}); // The pool may have removed it.
    }
  },

  async 'kill-signaling'(stage, { pick }) {
    const pod = chosen(await stage.pods('signaling'), pick);
    await kill(pod);
    await rolledOut('meet-signaling');
    return pod.metadata.name;
  },

  async 'kill-leader'(stage) {
    const pod = await leader(stage);
    if (pod === null) return 'nobody leads';
    const started = Date.now();
    await kill(pod);
    await otherLeads(pod);
    const after = ((Date.now() - started) / 1000).toFixed(1);
    await rolledOut('meet-operator');
    return `another replica leads after ${after} s`;
  },

  async 'suspend-leader'(stage, { hold }) {
    const pod = await leader(stage);
    if (pod === null) return 'nobody leads';
    await signal(pod, 'SIGSTOP');
    try {
      await pause(hold * 1000);
      await otherLeads(pod);
    } finally {
      await signal(pod, 'SIGCONT');
    }
    await rolledOut('meet-operator');
    return pod.metadata.name;
  },

  async 'cut-media-nodes'(stage, { hold }) {
    const pods = await stage.pods('media-node', stage.namespace);
    await cut(betweenMachines(pods), hold);
    return `${pods.length} media nodes`;
  },

  async 'cut-operator'(stage, { hold, pick }) {
    const pod = await servingPod(stage, pick);
    await cut(fromOperators(pod, await stage.pods('operator')), hold);
    return pod.metadata.name;
  },

  async 'stop-api-server'(stage, { hold }) {
    // The controllers of Kubernetes stop too; see faults.test.mjs.
    for (const part of ['controller-manager', 'apiserver']) await cluster('stop', part);
    try {
      await pause(hold * 1000);
    } finally {
      await cluster('start', 'apiserver');
      await until(() => kubectl('get', '--raw', '/readyz').then(() => true, () => false), 'the API server responds', 120_000);
      await cluster('start', 'controller-manager');
    }
    return '';
  },
};
