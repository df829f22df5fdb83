import { execFileSync } from 'node:child_process';
import { until } from './until.mjs';

/** The media nodes of an installation, and where its meetings are, as kubectl shows and changes them. */
export class Fleet {
  #room;

  constructor(room) {
    this.#room = room;
  }

  kubectl(args, input = undefined) {
    return execFileSync('kubectl', ['--kubeconfig', `${this.#room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8', input });
  }

  get(...args) {
    return JSON.parse(this.kubectl(['get', ...args, '-o', 'json']));
  }

  /** The media nodes of the default pool. */
  nodes() {
    return this.get('sfunodes').items.filter(({ spec }) => spec.poolRef.name === 'default');
  }

  assignmentsOf(meetingId) {
    return this.#statusOf(meetingId).assignments;
  }

  /** What the media nodes report of each direction of the links of a meeting. */
  cascadeOf(meetingId) {
    return this.#statusOf(meetingId).cascade;
  }

  #statusOf(meetingId) {
    return this.get('meetings').items.find(one => one.status?.meetingId === meetingId).status;
  }

  /** Gives the default pool so many media nodes, and waits until these can carry meetings and no other one is left. */
  async resize(count) {
    this.kubectl(['patch', 'sfupool', 'default', '--type=merge', '-p', JSON.stringify({ spec: { replicas: count } })]);
    await until(() => {
      const nodes = this.nodes();
      return nodes.length === count && nodes.every(({ status }) => ['Ready', 'Allocated'].includes(status?.state));
    }, `${count} media nodes are ready`, 120_000);
  }

  /** Adds a pool with one media node in each of these regions, with a part of the ports of the default pool, and waits until all can carry meetings. Returns a function that removes them. */
  async addRegions(...regions) {
    const { exposure } = this.get('sfupool', 'default').spec;
    const { min, max } = exposure.portRange;
    const size = Math.floor((max - min + 1) / (regions.length + 1));
    const ports = index => ({ min: min + index * size, max: min + (index + 1) * size - 1 });
    this.#usePorts(ports(0));
    for (const [index, region] of regions.entries()) {
      const pool = { apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: region }, spec: { region, exposure: { ...exposure, portRange: ports(index + 1) } } };
      this.kubectl(['apply', '-f', '-'], JSON.stringify(pool));
    }
    await until(() => ['default', ...regions].every(pool => this.get('sfupool', pool).status?.readyReplicas >= 1), 'a media node is ready in each region', 120_000);
    return () => {
      this.kubectl(['delete', 'sfupool', ...regions]);
      this.#usePorts({ min, max });
    };
  }

  #usePorts(portRange) {
    this.kubectl(['patch', 'sfupool', 'default', '--type=merge', '-p', JSON.stringify({ spec: { exposure: { portRange } } })]);
  }

  /** The UDP ports of a pool. */
  portsOf(pool) {
    return this.get('sfupool', pool).spec.exposure.portRange;
  }

  /** Begins to drain the only media node of a meeting. Returns its name. */
  beginDrain(meetingId) {
    const [{ sfuNode }] = this.assignmentsOf(meetingId);
    this.kubectl(['patch', 'sfunode', sfuNode, '--type=merge', '-p', '{"spec":{"drain":{"reason":"test","deadlineSeconds":0}}}']);
    return sfuNode;
  }

  /** Waits until a meeting has left a media node and is on another one. */
  left(meetingId, node) {
    return until(() => {
      const assignments = this.assignmentsOf(meetingId);
      return assignments.length === 1 && assignments[0].sfuNode !== node;
    }, 'the meeting has left the media node', 90_000);
  }

  removed(node) {
    return until(() => this.nodes().every(({ metadata }) => metadata.name !== node), 'the media node is removed', 90_000);
  }

  /** What the operator says about meetings. */
  events() {
    return this.kubectl(['get', 'events', '--field-selector', 'involvedObject.kind=Meeting', '-o', 'custom-columns=R:.reason,M:.message']);
  }

  /** What the operator says about these meetings, one message each. */
  messagesAbout(...meetingIds) {
    const names = this.get('meetings').items.filter(({ status }) => meetingIds.includes(status?.meetingId)).map(({ metadata }) => metadata.name);
    return this.get('events').items.filter(({ involvedObject: { kind, name } }) => kind === 'Meeting' && names.includes(name)).map(({ message }) => message);
  }

  signalingLog() {
    return this.kubectl(['logs', '-n', 'meet-system', '-l', 'meetoperator.io/component=signaling', '--tail=-1']);
  }
}
