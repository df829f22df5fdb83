// The stage of a chaos run: a tenant with two media nodes in one region and one in another, on two machines; a meeting on media nodes in both regions, a meeting with a Standby, and people in them.
import { setTimeout as pause } from 'node:timers/promises';
import { openRoom, system } from '../support/cluster-room.mjs';
import { apply, get, kubectl, ready, until } from '../support/kubectl.mjs';
import { LightPeople } from '../support/light-people.mjs';
import { wrongly } from './invariants.mjs';
import { everybody, fewest, firstPlaces } from './schedule.mjs';

const names = ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve', 'Finn'];
/** The pools by region, and the region of a person. Three people of one region who are in a meeting get a media node there. */
const pools = { west: 'pool', east: 'east' };
const regionOf = index => (index === 3 ? 'east' : 'west');
/** How media nodes of each pool are replaced. */
const rollouts = { west: 'Migrate', east: 'Immediate' };
/** What the meetings of each slot are. */
const specs = [{ regions: { preferred: ['east'] }, scale: { spread: 'Regions' } }, { placement: { availabilityClass: 'Critical' } }];

/** What somebody sends who has just joined. */
const atFirst = () => ({ audio: true, video: true, screen: false });

/** How long everything may take to be whole again after a fault, and for how long it must be so, because a fault may show only after a moment. */
const recovery = 120_000;
const steady = 2_000;

/** Repeats what fails, because the API server may be stopped. */
async function persistently(action) {
  const deadline = Date.now() + recovery;
  while (true) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await pause(1_000);
    }
  }
}

export class Stage {
  #visits = 0;
  #light;

  constructor(room, light) {
    this.room = room;
    this.namespace = room.namespace;
    this.#light = light;
    /** The present meeting of each slot, with the texts that were confirmed in its chat. */
    this.meetings = [];
    /** `meeting`: the slot in which the person is, or null. `visit`: changes with each join. `moving`: somebody is joining or leaving, so that nothing is expected of them. `set`: what they want to send. */
    this.people = Array.from({ length: everybody }, (_, index) => ({ index, name: names[index], meeting: null, visit: 0, from: 0, joinedAt: 0, moving: false, set: atFirst() }));
  }

  static async open() {
    const pool = region => ({ region, drain: { deadlineSeconds: 0 }, rollout: { type: rollouts[region] } });
    const room = await openRoom({ browsers: 1, ports: { min: 43000, max: 43031 }, pool: pool('west') });
    try {
      const { spec } = await get('sfupool', pools.west, '-n', room.namespace);
      await apply({
        apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: pools.east, namespace: room.namespace },
        spec: { replicas: 1, template: spec.template, exposure: { ...spec.exposure, portRange: { min: 43032, max: 43063 } }, ...pool('east') },
      });
      await ready('sfupool', pools.east, room.namespace);
      const stage = new Stage(room, await LightPeople.open(room.browsers[0], room.product.url));
      for (const slot of fewest.keys()) await stage.openMeeting(slot);
      for (const [person, slot] of firstPlaces().entries()) if (slot !== null) await stage.join(person, slot);
      await stage.whole();
      await until(async () => (await stage.roles()).every(roles => roles.length === 2 && roles.every(role => role.endsWith('Ready'))), 'both meetings are on two media nodes', recovery);
      return stage;
    } catch (error) {
      await room.close();
      throw error;
    }
  }

  async openMeeting(slot) {
    this.meetings[slot] = { slot, sent: [], ...await this.room.meeting(specs[slot]) };
  }

  /** For the meeting of each slot, the role and the state of each media node. */
  async roles() {
    const objects = await Promise.all(this.meetings.map(({ name }) => get('meeting', name, '-n', this.namespace)));
    return objects.map(({ status }) => (status?.assignments ?? []).map(({ role, state }) => `${role} ${state}`));
  }

  in(slot) {
    return this.people.filter(person => person.meeting === slot);
  }

  async join(index, slot) {
    const person = this.people[index];
    person.moving = true;
    try {
      await this.#light.join(this.meetings[slot].meetingId, person.name, regionOf(index));
      Object.assign(person, { meeting: slot, visit: ++this.#visits, from: this.meetings[slot].sent.length, joinedAt: Date.now(), set: atFirst() });
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

  /** Mutes or unmutes the microphone (`audio`) or the camera (`video`) of a person. */
  async mute(index, kind, isMuted) {
    const person = this.people[index];
    await this.#light.mute(person.name, kind, isMuted);
    person.set[kind] = !isMuted;
  }

  async share(index) {
    const person = this.people[index];
    await this.#light.share(person.name);
    person.set.screen = true;
  }

  async stopSharing(index) {
    const person = this.people[index];
    await this.#light.stopSharing(person.name);
    person.set.screen = false;
  }

  /** Ends a meeting for everybody, and opens another one for the same people. */
  async end(slot) {
    const people = this.in(slot);
    for (const person of people) person.moving = true;
    await persistently(() => kubectl('patch', 'meeting', this.meetings[slot].name, '-n', this.namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}'));
    const isOver = async () => (await this.#light.states()).filter(state => people.some(person => person.name === state.name)).every(state => state.phase === 'ended');
    await until(isOver, 'everybody is told that the meeting has ended');
    for (const { index } of people) await this.leave(index);
    await persistently(() => this.openMeeting(slot));
    for (const { index } of people) await this.join(index, slot);
  }

  /** What the people who are in a meeting experience: see `states` of LightPeople and PeopleHistory, and `from` and `slot`. Of the others, only those who are not joining or leaving. */
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
      const known = [...settled.values()].filter(other => other.meeting === meeting && state.others.includes(other.name) && other.name !== state.name);
      const wrong = [
        ...wrongly(state.name, settled.get(state.name).set, state.sends, 'their own'),
        ...known.flatMap(other => wrongly(other.name, other.set, state.told[other.name])),
      ];
      const screens = Object.fromEntries(known.filter(({ set, name }) => set.screen && state.screenUnseen[name] !== undefined).map(({ name }) => [name, Math.min(state.screenUnseen[name], sinceJoin(name))]));
      return { ...state, visit, from, slot: meeting, missing, wrong, unheard: of(state.unheard, sinceJoin), unseen: of(state.unseen, sinceJoin), screens, silences: of(state.silences), freezes: of(state.freezes) };
    });
  }

  /** See `describe` of LightPeople. */
  describe(name, other, source) {
    return this.#light.describe(name, other, source);
  }

  /** For how long the page of all people has stood still at a time since `restartPauses`, in seconds. The pauses do not include that time. */
  async longestStandstill() {
    return await this.#light.longestStandstill() / 1000;
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

  /** Waits until the pools have all their media nodes, and everybody hears and sees everybody in their meeting. */
  async whole() {
    const deadline = Date.now() + recovery;
    await until(() => this.#poolsAreWhole(), 'the pools have all their media nodes', recovery);
    const perceives = ({ missing, wrong, unheard, unseen, screens }) => missing.length === 0 && wrong.length === 0 && [unheard, unseen, screens].flatMap(Object.values).every(pause => pause < 1_000);
    let lacking = [];
    let since = null;
    await until(async () => {
      lacking = (await this.samples()).filter(sample => !perceives(sample));
      since = lacking.length > 0 ? null : since ?? Date.now();
      return since !== null && Date.now() - since >= steady;
    }, 'everybody hears and sees everybody', Math.max(2 * steady, deadline - Date.now())).catch(error => {
      throw new Error(`${error.message}: ${lacking.map(({ name, phase, missing, wrong, unheard, unseen, screens }) => JSON.stringify({ name, phase, missing, wrong, unheard, unseen, screens })).join(', ')}`);
    });
  }

  async #poolsAreWhole() {
    const objects = await get('sfupools', '-n', this.namespace).catch(() => []);
    return objects.length === Object.keys(pools).length && objects.every(({ metadata, spec, status }) =>
      status?.observedGeneration === metadata.generation && status.readyReplicas === spec.replicas && status.replicas === spec.replicas);
  }

  /** Deletes the meetings, and then the pools, and waits until each is gone. */
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
