import { randomUUID } from 'node:crypto';
import { after, before } from 'node:test';
import { launch } from '../../e2e/support/browser.mjs';
import { explained, Visitor } from '../../e2e/support/visitor.mjs';
import { apply, get, kubectl, ready, until } from './kubectl.mjs';

const group = 'meetoperator.io/v1alpha1';
export const system = 'meet-system';

/**
 * A tenant with a pool of its own on the installed release `meet`, and two browsers outside the pods' network. `close` has all of it taken away.
 */
export async function openRoom({ replicas = 2, ports = { min: 43000, max: 43015 }, exposure = {} } = {}) {
  const name = `test-${randomUUID().slice(0, 8)}`;
  const room = { name, namespace: `meet-${name}`, product: null, browsers: [] };
  const service = await get('service', 'meet-signaling', '-n', system);
  const port = service.spec.ports.find(one => one.name === 'http')?.port ?? service.spec.ports[0].port;
  // Pages get a camera only from where browsers trust without TLS, which is `localhost` and names below it.
  room.product = { url: `http://meet.localhost${port === 80 ? '' : `:${port}`}` };
  await apply({ apiVersion: group, kind: 'Tenant', metadata: { name }, spec: { displayName: 'Cluster tests', namespace: room.namespace } });
  await ready('tenant', name);
  await apply({
    apiVersion: group, kind: 'SfuPool', metadata: { name: 'pool', namespace: room.namespace },
    // Without requests the kernel gives a Pod next to nothing as soon as others want the CPU.
    spec: { replicas, template: { resources: { requests: { cpu: '300m', memory: '96Mi' } } }, exposure: { portRange: ports, addressSource: 'NodeInternalIP', ...exposure } },
  });
  await ready('sfupool', 'pool', room.namespace);
  // A browser each: pages of one browser share its fake camera.
  for (let number = 0; number < 2; number++) room.browsers.push(await launch([`--host-resolver-rules=MAP meet.localhost ${service.spec.clusterIP}`]));
  room.close = async () => {
    await leave().catch(() => {});
    await Promise.all(room.browsers.map(browser => browser.close()));
    await forget(name, room.namespace);
  };

  /** `kubectl apply` of a Meeting, until it is Ready; its id is what links hold. */
  room.meeting = async (spec = {}) => {
    const meeting = `m-${randomUUID().slice(0, 8)}`;
    await apply({ apiVersion: group, kind: 'Meeting', metadata: { name: meeting, namespace: room.namespace }, spec: { tenantRef: { name }, title: 'Cluster test', ...spec } });
    const object = await ready('meeting', meeting, room.namespace);
    return { name: meeting, meetingId: object.status.meetingId };
  };
  room.arrive = (who, browser = 0) => Visitor.arrive(room.browsers[browser], room.product, who);

  /** Ada and Bob come into a meeting of their own. */
  const comeIn = async () => {
    const pair = { meeting: await room.meeting(), people: [] };
    for (const [index, who] of ['Ada', 'Bob'].entries()) {
      pair.people.push(await room.arrive(who, index));
      await pair.people[index].enter(pair.meeting.meetingId);
    }
    return pair;
  };
  let pair = null;
  const leave = async () => {
    const gone = pair;
    pair = null;
    await Promise.all(gone?.people.map(person => person.close()) ?? []);
  };

  /**
   * Runs with Ada and Bob in one meeting, who see and hear each other, each through another replica of signaling. While all goes well they stay for the next test:
   * to come in takes longer than many a test.
   */
  room.withPair = async run => {
    try {
      pair ??= await comeIn();
      return await explained(pair.people, async () => {
        await apart(pair.people[1]);
        await together(...pair.people);
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

/** Has a tenant and what is in its namespace taken away, which nobody waits for: that removals end is for upgrade.test.mjs and rights.test.mjs to show. */
export async function forget(tenant, namespace) {
  for (const what of [['meetings,sfupools', '--all', '-n', namespace], ['tenant', tenant], ['namespace', namespace]]) await kubectl('delete', ...what, '--wait=false', '--ignore-not-found');
}

/** The same for the tests of a file: opened before and closed after them. */
export function clusterRoom(options) {
  const room = {};
  before(async () => Object.assign(room, await openRoom(options)), { timeout: 300_000 });
  after(() => room.close?.(), { timeout: 300_000 });
  return room;
}

/** Both see pictures and hear sound. */
export const together = (ada, bob) => Promise.all([ada.seesPictures('Bob'), bob.seesPictures('Ada'), ada.hears(), bob.hears()]);

export const signalingPods = async () =>
  (await get('pods', '-n', system, '-l', 'meetoperator.io/component=signaling')).filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status.podIP);

/** How many WebSockets each replica of signaling holds, by Pod; one that does not answer yet holds none. */
export async function sockets() {
  const counts = new Map();
  for (const pod of await signalingPods()) {
    const page = await fetch(`http://${pod.status.podIP}:8081/metrics`).then(answer => answer.text(), () => '');
    counts.set(pod.metadata.name, Number(/^meet_signaling_sockets(?:\{[^}]*\})? (\d+)/m.exec(page)?.[1] ?? 0));
  }
  return counts;
}

/** Reloads until the visitor's socket, which the Service gives to any replica, is on another one than the first visitor's. */
async function apart(visitor) {
  for (let attempt = 0; attempt < 30; attempt++) {
    const busy = [...(await sockets()).values()].filter(count => count > 0).length;
    if (busy >= 2) return;
    await visitor.page.reload();
    await visitor.connected();
    await until(async () => [...(await sockets()).values()].reduce((sum, count) => sum + count, 0) === 2, 'the old socket is closed');
  }
  throw new Error('30 reloads, and the Service gave both people the same replica of signaling');
}
