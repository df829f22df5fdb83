// The stage of a chaos run: a tenant with a pool of media nodes on two machines, meetings, and people in browsers.
import { openRoom, system } from '../support/cluster-room.mjs';
import { gaps, watchGaps } from '../support/gaps.mjs';
import { get, kubectl, until } from '../support/kubectl.mjs';
import { firstPlaces } from './schedule.mjs';

const names = ['Ada', 'Bob', 'Cleo', 'Dan', 'Eve', 'Finn'];

/** How long everything may take to be whole again after a fault. */
const recovery = 120_000;

export class Stage {
  #visits = 0;

  constructor(room, people) {
    this.room = room;
    this.namespace = room.namespace;
    /** The present meeting of each slot, with the texts that were confirmed in its chat. */
    this.meetings = [];
    /** `visitor`: the page while the person is in a meeting. `moving`: somebody is joining or leaving, so that the page is not looked at. */
    this.people = Array.from({ length: people }, (_, index) => ({ index, name: names[index], visitor: null, meeting: null, visit: 0, from: 0, moving: false }));
  }

  static async open({ people = 5, meetings = 2 } = {}) {
    const room = await openRoom({ replicas: 3, browsers: people, ports: { min: 43000, max: 43031 }, pool: { drain: { deadlineSeconds: 0 }, rollout: { type: 'Immediate' } } });
    const stage = new Stage(room, people);
    try {
      for (let slot = 0; slot < meetings; slot++) await stage.openMeeting(slot);
      for (const [person, slot] of firstPlaces(people, meetings).entries()) if (slot !== null) await stage.join(person, slot);
      await stage.whole();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  async openMeeting(slot) {
    this.meetings[slot] = { slot, sent: [], ...await this.room.meeting() };
  }

  in(slot) {
    return this.people.filter(person => person.visitor !== null && person.meeting === slot);
  }

  async join(index, slot) {
    const person = this.people[index];
    person.moving = true;
    try {
      const visitor = await this.room.arrive(person.name, index);
      Object.assign(person, { visitor, meeting: slot });
      await visitor.enter(this.meetings[slot].meetingId);
      Object.assign(person, { visit: ++this.#visits, from: this.meetings[slot].sent.length });
      await watchGaps(visitor);
    } finally {
      person.moving = false;
    }
  }

  async leave(index) {
    const person = this.people[index];
    person.moving = true;
    const { visitor } = person;
    try {
      await visitor.control('leave').click();
      await visitor.page.locator('[data-testid=meeting][data-phase=connected]').waitFor({ state: 'detached' });
    } finally {
      person.visitor = null;
      person.meeting = null;
      person.moving = false;
      await visitor.close();
    }
  }

  /** Sends a line and waits until the page shows it as stored; a line that was not stored is sent again, as a user would. */
  async chat(index, text) {
    const { visitor, meeting } = this.people[index];
    await visitor.connected();
    await visitor.sendMessage(text);
    await until(async () => {
      if ((await this.texts(visitor)).includes(text)) return true;
      const again = visitor.page.getByTestId('chat-resend');
      if (await again.count() > 0) await again.first().click({ timeout: 1_000 }).catch(() => {});
      return false;
    }, `${this.people[index].name} sends a chat message`);
    this.meetings[meeting].sent.push(text);
  }

  /** Ends a meeting for everybody, and opens another one for the same people. */
  async end(slot) {
    const people = this.in(slot);
    for (const person of people) person.moving = true;
    const former = this.meetings[slot];
    await kubectl('patch', 'meeting', former.name, '-n', this.namespace, '--type=merge', '-p', '{"spec":{"desiredState":"Ended"}}');
    await Promise.all(people.map(async person => {
      await person.visitor.page.locator('[data-testid=meeting][data-phase=connected]').waitFor({ state: 'detached' });
      await person.visitor.close();
      Object.assign(person, { visitor: null, meeting: null });
    }));
    await this.openMeeting(slot);
    for (const person of people) await this.join(person.index, slot);
  }

  texts(visitor) {
    return visitor.page.getByTestId('chat-text').allTextContents();
  }

  /** What the pages of the people who are in a meeting show. */
  async samples() {
    const present = this.people.filter(person => person.visitor !== null && !person.moving);
    const seen = await Promise.all(present.map(async person => {
      const { visit, visitor } = person;
      const page = await visitor.page.evaluate(() => {
        const meeting = globalThis.document.querySelector('[data-testid=meeting]');
        return { phase: meeting?.dataset.phase ?? null, self: meeting?.dataset.self ?? null };
      }).catch(() => undefined);
      return page === undefined || person.moving || person.visitor !== visitor ? null : { name: person.name, visit, ...page };
    }));
    return seen.filter(sample => sample !== null);
  }

  restartGaps() {
    return Promise.all(this.people.filter(person => person.visitor !== null && !person.moving).map(person => watchGaps(person.visitor)));
  }

  /** The longest pauses of picture and sound since `restartGaps`, in seconds, over all people, and who had the longest one of sound. */
  async longestPauses() {
    const all = await Promise.all(this.people.filter(person => person.visitor !== null && !person.moving)
      .map(async person => ({ name: person.name, ...await gaps(person.visitor).catch(() => ({ picture: 0, sound: 0 })) })));
    const longest = all.reduce((left, right) => (right.sound > left.sound ? right : left), { name: 'nobody', sound: 0, picture: 0 });
    return { picture: Math.max(0, ...all.map(one => one.picture)) / 1000, sound: longest.sound / 1000, who: longest.name };
  }

  /** Waits until everybody sees everybody in their meeting, and the pool has all its media nodes. */
  async whole() {
    const deadline = Date.now() + recovery;
    for (const slot of this.meetings.keys()) {
      for (const person of this.in(slot)) {
        for (const other of this.in(slot)) {
          if (other !== person) await this.#sees(person, other, deadline);
        }
      }
    }
    await until(() => this.#poolIsWhole(), 'the pool has all its media nodes', Math.max(1_000, deadline - Date.now()));
  }

  /** Somebody who leaves in the meantime need not be seen. */
  async #sees(person, other, deadline) {
    const [visit, otherVisit, { visitor }] = [person.visit, other.visit, person];
    const gone = () => person.moving || other.moving || person.visit !== visit || other.visit !== otherVisit || person.visitor !== visitor;
    const frames = async () => visitor.tile(other.name).locator('video').last().evaluate(video => video.getVideoPlaybackQuality().totalVideoFrames, undefined, { timeout: 2_000 }).catch(() => null);
    let first = null;
    await until(async () => {
      if (gone()) return true;
      const now = await frames();
      first ??= now;
      if (now !== null && now < first) first = now;
      return now !== null && first !== null && now > first;
    }, `${person.name} sees ${other.name}`, Math.max(1_000, deadline - Date.now()));
  }

  async #poolIsWhole() {
    const pool = await get('sfupool', 'pool', '-n', this.namespace).catch(() => null);
    return pool?.status?.observedGeneration === pool?.metadata.generation && pool?.status?.readyReplicas === pool?.spec.replicas && pool?.status?.replicas === pool?.spec.replicas;
  }

  async nodes() {
    return (await get('sfunodes', '-n', this.namespace)).sort((left, right) => left.metadata.name.localeCompare(right.metadata.name));
  }

  async pods(component, namespace = system) {
    return (await get('pods', '-n', namespace, '-l', `meetoperator.io/component=${component}`))
      .filter(pod => pod.metadata.deletionTimestamp === undefined).sort((left, right) => left.metadata.name.localeCompare(right.metadata.name));
  }

  async close() {
    for (const person of this.people) await person.visitor?.close().catch(() => {});
    await this.room.close();
  }
}
