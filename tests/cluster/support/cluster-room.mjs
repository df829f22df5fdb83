import { randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { launch } from '../../e2e/support/browser.mjs';
import { describeOnFailure, Visitor } from '../../e2e/support/visitor.mjs';
import { apply, get, kubectl, ready, until } from './kubectl.mjs';

const group = 'meetoperator.io/v1alpha1';
export const system = 'meet-system';

/**
 * A tenant with its own pool on the installed release `meet`, and browsers outside the Pod network. With `shared`, the pool is in the namespace of the release,
 * and the tenant selects it. `pool` adds to the spec of the pool, and `template` to the template in it. The browsers open the page over IPv4, or over the `family`. `close` removes all of them.
 */
export async function openRoom({ replicas = 2, ports = { min: 43000, max: 43015 }, exposure = {}, shared = false, browsers = 2, template = {}, pool: more = {}, family = 'IPv4' } = {}) {
  const name = `test-${randomUUID().slice(0, 8)}`;
  const room = { name, namespace: `meet-${name}`, product: null, browsers: [] };
  const labels = { 'test.meetoperator.io/tenant': name };
  const pool = shared ? { name, namespace: system, labels } : { name: 'pool', namespace: room.namespace };
  const service = await get('service', 'meet-signaling', '-n', system);
  const port = service.spec.ports.find(one => one.name === 'http')?.port ?? service.spec.ports[0].port;
  const address = inUrl(service.spec.clusterIPs[service.spec.ipFamilies.indexOf(family)]);
  // Without TLS, browsers allow cameras only on `localhost` and its subdomains.
  room.product = { url: `http://meet.localhost${port === 80 ? '' : `:${port}`}`, address: `http://${address}:${port}` };
  await apply({ apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { displayName: 'Cluster tests', namespace: room.namespace, ...(shared ? { pools: { sfuSelector: { matchLabels: labels } } } : {}) } });
  await ready('tenant', name);
  await apply({
    apiVersion: group, kind: 'SfuPool', metadata: pool,
    // Without requests, a Pod gets almost no CPU time on a busy machine.
    spec: { replicas, template: { resources: { requests: { cpu: '300m', memory: '96Mi' } }, ...template }, exposure: { portRange: ports, addressSource: 'NodeInternalIP', ...exposure }, ...more },
  });
  await ready('sfupool', pool.name, pool.namespace);
  // One browser per participant, because the pages of a browser share its fake camera.
  for (let number = 0; number < browsers; number++) room.browsers.push(await launch([`--host-resolver-rules=MAP meet.localhost ${address}`]));
  room.close = async () => {
    await leave().catch(() => {});
    await Promise.all(room.browsers.map(browser => browser.close()));
    await deleteTenant(name, room.namespace);
    if (shared) await kubectl('delete', 'sfupool', pool.name, '-n', pool.namespace, '--wait=false');
  };

  /** Applies a Meeting whose media always flows through media nodes, and waits until it is Ready. Returns its name and the meeting ID for links. */
  room.meeting = async (spec = {}) => {
    const meeting = `m-${randomUUID().slice(0, 8)}`;
    await apply({ apiVersion: group, kind: 'Meeting', metadata: { name: meeting, namespace: room.namespace }, spec: { tenantRef: { name }, title: 'Cluster test', mode: 'Sfu', ...spec } });
    const object = await ready('meeting', meeting, room.namespace);
    return { name: meeting, meetingId: object.status.meetingId };
  };
  // Half of the usual frame rate, because calls last for most of the suite beside the processes of the cluster.
  room.arrive = (name, browser = 0) => Visitor.arrive(room.browsers[browser], room.product, name, { frameRate: 5 });

  /** Ada and Bob join a new meeting. */
  const joinPair = async () => {
    const pair = { meeting: await room.meeting(), people: [] };
    await describeOnFailure(pair.people, async () => {
      for (const [index, name] of ['Ada', 'Bob'].entries()) {
        pair.people.push(await room.arrive(name, index));
        await pair.people[index].enter(pair.meeting.meetingId);
      }
    });
    return pair;
  };
  let pair = null;
  const leave = async () => {
    const former = pair;
    pair = null;
    await Promise.all(former?.people.map(person => person.close()) ?? []);
  };

  /**
   * Runs a test with Ada and Bob in one meeting, connected through different replicas of signaling. After a success they stay in the meeting for the next test,
   * because joining takes longer than many tests.
   */
  room.withPair = async run => {
    try {
      pair ??= await joinPair();
      return await describeOnFailure(pair.people, async () => {
        await connectToAnotherReplica(pair.people[1]);
        await waitForMediaBothWays(...pair.people);
        return run(...pair.people, pair.meeting);
      });
    } catch (error) {
      await leave();
      throw error;
    }
  };

  /** The SfuNode that carries the meeting. */
  room.nodeOf = async meeting => (await get('meeting', meeting.name, '-n', room.namespace)).status?.assignments?.[0]?.sfuNode;
  return room;
}

/** The internal addresses of the cluster node that runs a Pod, IPv4 first. */
export const addressesOf = async pod => (await get('node', pod.spec.nodeName)).status.addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);

/** An IP address as it is written in URLs. */
export const inUrl = address => (address.includes(':') ? `[${address}]` : address);

/** Starts the deletion of a tenant and of the objects in its namespace, without waiting; upgrade.test.mjs and rights.test.mjs test deletions. */
export async function deleteTenant(tenant, namespace) {
  for (const what of [['meetings,sfupools', '--all', '-n', namespace], ['tenant', tenant], ['namespace', namespace]]) await kubectl('delete', ...what, '--wait=false', '--ignore-not-found');
}

/** A room for the tests of a file, opened before and closed after them. */
export function clusterRoom(options) {
  const room = {};
  before(async () => Object.assign(room, await openRoom(options)), { timeout: 300_000 });
  after(() => room.close?.(), { timeout: 300_000 });
  return room;
}

/** Waits until both receive video and sound. */
export const waitForMediaBothWays = (ada, bob) => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);

export const signalingPods = async () =>
  (await get('pods', '-n', system, '-l', 'meetoperator.io/component=signaling')).filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status.podIP);

/** The number of WebSockets of each replica of signaling, by Pod; zero for a replica that does not respond yet. */
export async function sockets() {
  const counts = new Map();
  for (const pod of await signalingPods()) {
    const page = await fetch(`http://${pod.status.podIP}:8081/metrics`).then(answer => answer.text(), () => '');
    counts.set(pod.metadata.name, Number(/^meet_signaling_sockets(?:\{[^}]*\})? (\d+)/m.exec(page)?.[1] ?? 0));
  }
  return counts;
}

/** Reloads the page until the two visitors are connected to different replicas. The Service chooses a random replica. */
async function connectToAnotherReplica(visitor) {
  for (let attempt = 0; attempt < 30; attempt++) {
    const busy = [...(await sockets()).values()].filter(count => count > 0).length;
    if (busy >= 2) return;
    await visitor.page.reload();
    await visitor.connected();
    await until(async () => [...(await sockets()).values()].reduce((sum, count) => sum + count, 0) === 2, 'the old socket is closed');
  }
  throw new Error('both visitors are connected to the same replica of signaling after 30 reloads');
}
