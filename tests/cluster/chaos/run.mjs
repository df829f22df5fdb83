// run.mjs [--seed N] [--minutes M] [--only KIND,…]: faults and people on the running cluster, with checks throughout and at the end. `./meet cluster chaos` calls it.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { system } from '../support/cluster-room.mjs';
import { get, until } from '../support/kubectl.mjs';
import { commandOptions } from '../support/options.mjs';
import { actions } from './actions.mjs';
import { chatProblems, leftovers, MeetingHistory, PeopleHistory, restProblems } from './invariants.mjs';
import { missingPictures, summary } from './report.mjs';
import { faults, faultSchedule, peopleSchedule, silence } from './schedule.mjs';
import { Stage } from './stage.mjs';

const sampling = 1_000;
/** A picture that is missing for so long, in ms, is described in the log, once in each fault. */
const described = 4_000;

/** Runs one schedule. Returns `{ faults, actions, problems, pauses }`: counts, and the problems as sentences. */
export async function chaos({ seed, seconds, kinds = Object.keys(faults), log = line => console.error(line) }) {
  const stage = await Stage.open();
  const run = new Run(stage, log);
  try {
    await run.during(faultSchedule(seed, seconds, kinds), peopleSchedule(seed, seconds));
    await run.finish();
  } catch (error) {
    run.problem(error.message);
  } finally {
    await stage.close();
  }
  await run.checkRemoval();
  return { faults: run.faults, actions: run.actions, problems: run.problems, pauses: run.pauses };
}

class Run {
  faults = 0;
  actions = 0;
  problems = [];
  pauses = [];
  #stage;
  #log;
  #started = Date.now();
  #ended = false;
  #fault = 'no fault';
  #silence = silence;
  #seamless = false;
  #described = new Set();

  constructor(stage, log) {
    [this.#stage, this.#log] = [stage, log];
  }

  say(line) {
    this.#log(`${((Date.now() - this.#started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  }

  problem(what) {
    this.problems.push(`${((Date.now() - this.#started) / 1000).toFixed(1)} s, during ${this.#fault}: ${what}`);
    this.say(`PROBLEM during ${this.#fault}: ${what}`);
  }

  /** Faults and people run side by side. Neither starts its next step before the last one is done, so a slow machine takes longer but does the same. */
  async during(faultList, peopleList) {
    this.#started = Date.now();
    const watching = this.#watch().catch(error => this.problem(`nothing could be observed any more: ${error.message}`));
    try {
      await Promise.all([this.#runFaults(faultList), this.#runPeople(peopleList)]);
    } finally {
      this.#ended = true;
      await watching;
    }
  }

  async #runFaults(list) {
    for (const fault of list) {
      await this.#until(fault.at);
      this.#fault = fault.kind;
      this.#silence = faults[fault.kind].silence;
      this.#seamless = faults[fault.kind].seamless ?? false;
      this.faults++;
      this.#described.clear();
      await this.#stage.restartPauses();
      try {
        const done = await actions[fault.kind](this.#stage, fault);
        const { note, ...kill } = typeof done === 'string' ? { note: done } : done;
        await this.#stage.whole();
        const { picture, sound } = await this.#stage.longestPauses();
        const standstill = await this.#stage.longestStandstill();
        const roles = (await this.#stage.roles()).map(one => one.join(' + ')).join('; ');
        this.pauses.push({ kind: fault.kind, picture: picture.seconds, sound: sound.seconds, standstill, ...kill });
        this.say(`${fault.kind} ${note}; longest pause ${picture.seconds.toFixed(1)} s of pictures (${picture.who}), ${sound.seconds.toFixed(1)} s of sound (${sound.who})${standstill > 0 ? `; the page stood still for ${standstill.toFixed(1)} s` : ''}; ${roles}`);
      } catch (error) {
        this.problem(error.message);
        await this.#stage.whole().catch(() => {});
      }
      this.#fault = `no fault (the last one was ${fault.kind})`;
      this.#silence = silence;
      this.#seamless = false;
    }
  }

  async #runPeople(list) {
    const stage = this.#stage;
    const who = ({ person, meeting, kind }) => `${kind === undefined ? '' : `${kind} `}of ${person === undefined ? `meeting ${meeting}` : stage.people[person].name}`;
    for (const [number, step] of list.entries()) {
      const { at, action, person, meeting, kind } = step;
      await this.#until(at);
      this.actions++;
      try {
        if (action === 'chat') await stage.chat(person, `${stage.people[person].name} ${number}`);
        else if (action === 'join') await stage.join(person, meeting);
        else if (action === 'leave') await this.#leave(person);
        else if (action === 'mute' || action === 'unmute') await stage.mute(person, kind, action === 'mute');
        else if (action === 'share') await stage.share(person);
        else if (action === 'stop-sharing') await stage.stopSharing(person);
        else await this.#end(meeting);
        if (action !== 'chat') this.say(`${action} ${who(step)}`);
      } catch (error) {
        this.problem(`${action} ${who(step)}: ${error.message}`);
        return; // The rest of the schedule depends on this step.
      }
    }
  }

  async #leave(person) {
    await this.#checkChat(this.#stage.people[person].meeting);
    await this.#stage.leave(person);
  }

  async #end(slot) {
    await this.#checkChat(slot);
    await this.#stage.end(slot);
  }

  /** Everything that was confirmed must arrive at everybody, within seconds. */
  async #checkChat(slot) {
    const { sent } = this.#stage.meetings[slot];
    const read = async () => chatProblems(sent, (await this.#stage.samples()).filter(sample => sample.slot === slot));
    let problems = [];
    await until(async () => (problems = await read()).length === 0, 'the chat is complete', 20_000).catch(() => problems.forEach(text => this.problem(text)));
  }

  /** Samples the objects and the people until the end. While the API server does not respond, only the people. */
  async #watch() {
    const [meetings, people] = [new MeetingHistory(), new PeopleHistory()];
    while (!this.#ended) {
      const objects = await get('meetings', '-n', this.#stage.namespace).catch(() => []);
      const samples = await this.#stage.samples();
      for (const text of [...meetings.observe(objects), ...people.observe(Date.now(), samples, this.#silence, this.#seamless)]) this.problem(text);
      for (const missing of missingPictures(samples, described)) void this.#describe(missing);
      await pause(sampling);
    }
  }

  async #describe({ what, name, other, source }) {
    if (this.#described.has(what)) return;
    this.#described.add(what);
    this.say(`${what}: ${await this.#stage.describe(name, other, source).catch(error => error.message)}`);
  }

  async finish() {
    this.#fault = 'the end';
    await this.#stage.whole();
    for (const slot of this.#stage.meetings.keys()) await this.#checkChat(slot);
    for (const person of this.#stage.people) if (person.meeting !== null) await this.#stage.leave(person.index);
    const busy = async () => (await this.#stage.nodes()).filter(({ status }) => (status?.participants ?? 0) > 0);
    await until(async () => (await busy()).length === 0, 'no media node reports a participant', 60_000).catch(error => this.problem(error.message));
    const rest = async () => restProblems(await get('meetings', '-n', this.#stage.namespace));
    await until(async () => (await rest()).length === 0, 'no meeting is moving', 150_000).catch(async () => (await rest()).forEach(text => this.problem(text)));
    await this.#stage.empty();
    await this.#checkLeft(['sfunodes', 'pods', 'services', 'secrets', 'leases'].map(kind => [kind, async () => (await get(kind, '-n', this.#stage.namespace)).filter(one => one.type !== 'kubernetes.io/service-account-token')]));
  }

  /** After the tenant is deleted, nothing of it may be left. */
  async checkRemoval() {
    this.#fault = 'removal';
    const { namespace, name } = this.#stage.room;
    const named = (kind, expected) => [kind, async () => (await get(kind)).filter(one => one.metadata.name === expected)];
    const ofTenant = (kind, where) => [kind, async () => (await get(kind, '-n', where)).filter(one => one.metadata.name.includes(name))];
    await this.#checkLeft([named('namespaces', namespace), named('tenants', name), ofTenant('secrets', system), ofTenant('leases', system), ofTenant('configmaps', system)]);
  }

  async #checkLeft(kinds) {
    const left = async () => leftovers(Object.fromEntries(await Promise.all(kinds.map(async ([kind, read]) => [kind, (await read()).map(one => one.metadata.name)]))));
    await until(async () => (await left()).length === 0, 'nothing is left', 120_000).catch(async () => (await left()).forEach(text => this.problem(text)));
  }

  async #until(seconds) {
    await pause(Math.max(0, this.#started + seconds * 1000 - Date.now()));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kindsOf = ({ only }) => only?.split(',') ?? Object.keys(faults);
  const values = commandOptions({ seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '2' }, only: { type: 'string' } },
    `./meet cluster chaos [--seed N] [--minutes 1 to 999] [--only KIND,…]; kinds: ${Object.keys(faults).join(', ')}`,
    given => /^\d{1,9}$/.test(given.seed) && /^[1-9]\d{0,2}$/.test(given.minutes) && kindsOf(given).every(kind => kind in faults));
  console.error(`seed ${values.seed}, ${values.minutes} minutes`);
  const result = await chaos({ seed: Number(values.seed), seconds: Number(values.minutes) * 60, kinds: kindsOf(values) });
  console.log(summary(result));
  process.exit(result.problems.length === 0 ? 0 : 1);
}
