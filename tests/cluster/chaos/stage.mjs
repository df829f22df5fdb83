// The stage of a chaos run: a tenant with a pool of media nodes on two machines, meetings, and people in them.
import { openRoom, system } from '../support/cluster-room.mjs';
import { get, kubectl, until } from '../support/kubectl.mjs';
import { LightPeople } from '../support/light-people.mjs';
import { firstPlaces } from './schedule.mjs';

const names = ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve', 'Finn'];

/** How long everything may take to be whole again after a fault, and for how long it must be so, because a fault may show only after a moment. */
const recovery = 120_000;
const steady = 2_000;

export class Stage {
  #visits = 0;
  #light;

  constructor(room, light, people) {
    this.room = room;
    this.namespace = room.namespace;
    this.#light = light;
    /** The present meeting of each slot, with the texts that were confirmed in its chat. */
    this.meetings = [];
    /** `meeting`: the slot in which the person is, or null. `visit`: changes with each join. `moving`: somebody is joining or leaving, so that nothing is expected of them. */
    this.people = Array.from({ length: people }, (_, index) => ({ index, name: names[index], meeting: null, visit: 0, from: 0, joinedAt: 0, moving: false }));
  }

  static async open({ people = 5, meetings = 2 } = {}) {
    const room = await openRoom({ replicas: 3, browsers: 1, ports: { min: 43000, max: 43031 }, pool: { drain: { deadlineSeconds: 0 }, rollout: { type: 'Immediate' } } });
    try {
      const stage = new Stage(room, await LightPeople.open(room.browsers[0], room.product.url), people);
      for (let slot = 0; slot < meetings; slot++) await stage.openMeeting(slot);
      for (const [person, slot] of firstPlaces(people, meetings).entries()) if (slot !== null) await stage.join(person, slot);
      await stage.whole();
      return stage;
    } catch (error) {
      await room.close();
      throw error;
    }
  }

  async openMeeting(slot) {
    this.meetings[slot] = { slot, sent: [], ...await this.room.meeting() };
  }

  in(slot) {
    return this.people.filter(person => person.meeting === slot);
  }

  async join(index, slot) {
    const person = this.people[index];
    person.moving = true;
    try {
      await this.#light.join(this.meetings[slot].meetingId, person.name);
      Object.assign(person, { meeting: slot, visit: ++this.#visits, from: this.meetings[slot].sent.length, joinedAt: Date.now() });
    } finally {
      person.moving = false;
    }
  }

  async leave(index) {
    const person = this.people[index];
    person.moving = true;
    await this.#light.leave(person.name);
    Object.assign(person, { meeting: null, moving: false });
  }

  async chat(index, text) {
    const { name, meeting } = this.people[index];
    await this.#light.chat(name, text);
    this.meetings[meeting].sent.push(text);
  }

  /** Ends a meeting for everybody, and opens another one for the same people. */
  async end(slot) {
    const people = this.in(slot);
    for (const person of people) person.moving = true;
    await kubectl('patch', 'meeting', this.meetings[slot].name, '-n', this.namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');
    const isOver = async () => (await this.#light.states()).filter(state => people.some(person => person.name === state.name)).every(state => state.phase === 'ended');
    await until(isOver, 'everybody is told that the meeting has ended');
    for (const { index } of people) await this.leave(index);
    await this.openMeeting(slot);
    for (const { index } of people) await this.join(index, slot);
  }

  /** What the people who are in a meeting experience: see `states` of LightPeople, and `visit`, `from` and `slot`. Of the others, only those who are not joining or leaving. */
  async samples() {
    const before = new Map(this.people.map(({ name, visit }) => [name, visit]));
    const states = await this.#light.states();
    const now = Date.now();
    const settled = new Map(this.people.filter(person => person.meeting !== null && !person.moving && before.get(person.name) === person.visit).map(person => [person.name, person]));
    return states.filter(state => settled.has(state.name)).map(state => {
      const { visit, from, meeting, joinedAt } = settled.get(state.name);
      const of = (pauses, longest = () => Infinity) => Object.fromEntries(Object.entries(pauses).filter(([other]) => settled.get(other)?.meeting === meeting).map(([other, pause]) => [other, Math.min(pause, longest(other))]));
      const sinceJoin = other => now - Math.max(joinedAt, settled.get(other).joinedAt);
      const missing = [...settled.values()].filter(other => other.meeting === meeting && other.name !== state.name && !state.others.includes(other.name)).map(other => other.name);
      return { ...state, visit, from, slot: meeting, missing, unheard: of(state.unheard, sinceJoin), unseen: of(state.unseen, sinceJoin), silences: of(state.silences), freezes: of(state.freezes) };
    });
  }

  /** See `describe` of LightPeople. */
  describe(name, other) {
    return this.#light.describe(name, other);
  }

  restartPauses() {
    return this.#light.restart();
  }

  /** The longest pauses of picture and sound since `restartPauses`: `{ seconds, who }`. */
  async longestPauses() {
    const samples = await this.samples();
    const longest = kind => samples.flatMap(({ name, [kind]: pauses }) => Object.entries(pauses).map(([other, pause]) => ({ seconds: pause / 1000, who: `${name} of ${other}` })))
      .reduce((left, right) => (right.seconds > left.seconds ? right : left), { seconds: 0, who: 'nobody' });
    return { picture: longest('freezes'), sound: longest('silences') };
  }

  /** Waits until the pool has all its media nodes, and everybody hears and sees everybody in their meeting. */
  async whole() {
    const deadline = Date.now() + recovery;
    await until(() => this.#poolIsWhole(), 'the pool has all its media nodes', recovery);
    const perceives = ({ missing, unheard, unseen }) => missing.length === 0 && [...Object.values(unheard), ...Object.values(unseen)].every(pause => pause < 1_000);
    let lacking = [];
    let since = null;
    await until(async () => {
      lacking = (await this.samples()).filter(sample => !perceives(sample));
      since = lacking.length > 0 ? null : since ?? Date.now();
      return since !== null && Date.now() - since >= steady;
    }, 'everybody hears and sees everybody', Math.max(2 * steady, deadline - Date.now())).catch(error => {
      throw new Error(`${error.message}: ${lacking.map(({ name, phase, missing, unheard, unseen }) => JSON.stringify({ name, phase, missing, unheard, unseen })).join(', ')}`);
    });
  }

  async #poolIsWhole() {
    const pool = await get('sfupool', 'pool', '-n', this.namespace).catch(() => null);
    return pool?.status?.observedGeneration === pool?.metadata.generation && pool?.status?.readyReplicas === pool?.spec.replicas && pool?.status?.replicas === pool?.spec.replicas;
  }

  /** Deletes the meetings, and then the pool, and waits until each is gone. */
  async empty() {
    await kubectl('delete', 'meetings', '--all', '-n', this.namespace, '--timeout=60s');
    await until(async () => (await this.nodes()).every(({ status }) => status?.meetings === 0), 'no media node has a room', 60_000);
    await kubectl('delete', 'sfupools', '--all', '-n', this.namespace, '--timeout=120s');
  }

  async nodes() {
    return (await get('sfunodes', '-n', this.namespace)).sort((left, right) => left.metadata.name.localeCompare(right.metadata.name));
  }

  async pods(component, namespace = system) {
    return (await get('pods', '-n', namespace, '-l', `meetoperator.io/component=${component}`))
      .filter(pod => pod.metadata.deletionTimestamp === undefined).sort((left, right) => left.metadata.name.localeCompare(right.metadata.name));
  }

  close() {
    return this.room.close();
  }
}
