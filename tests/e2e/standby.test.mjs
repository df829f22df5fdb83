// Participants while the process of their media node is killed, with and without a standby. MEET_ROUNDS sets how often.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { pauses, watchPauses } from './support/pauses.mjs';
import { processesOf } from './support/processes.mjs';
import { applyMeeting } from './support/product.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const rounds = Number(process.env.MEET_ROUNDS ?? 1);
const options = { timeout: 300_000 * rounds };
const names = ['Ada', 'Bob'];

const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
const get = (...args) => JSON.parse(kubectl('get', ...args, '-o', 'json'));
const assignmentsOf = meetingId => get('meetings').items.find(one => one.status?.meetingId === meetingId).status.assignments;
const processOf = node => processesOf(room.product.home, 'media-node').find(pid => readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`MEET_NODE_NAME=${node}\0`));

/**
 * Kills the media node of a meeting of this class again and again. Nobody's sound or picture may pause for longer than the limit, in ms. On a machine that is too busy to look at the
 * figures in time, the page and the processes wait as well, so four times the longest wait is added.
 */
async function killOrigins(t, availabilityClass, limit) {
  const longest = [];
  const meetingId = await applyMeeting(room.product, { placement: { availabilityClass } });
  const isReady = () => availabilityClass === 'Standard' || assignmentsOf(meetingId).some(({ role, state }) => role === 'Standby' && state === 'Ready');
  const people = await Promise.all(names.map(name => room.arrive(name)));
  try {
    for (const person of people) await person.enter(meetingId);
    const ids = await Promise.all(people.map(person => person.id()));
    const seeEachOther = () => Promise.all([people[0].waitForVideo('Bob'), people[1].waitForVideo('Ada'), ...people.map(person => person.waitForSound())]);
    for (let round = 0; round < rounds; round++) {
      await until(() => get('sfunodes').items.filter(({ status }) => ['Ready', 'Allocated'].includes(status?.state)).length === 3 && isReady(), 'the meeting is ready for a loss', 90_000);
      await seeEachOther();
      const origin = assignmentsOf(meetingId).find(({ role }) => role === 'Origin').sfuNode;
      const standby = assignmentsOf(meetingId).find(({ role }) => role === 'Standby')?.sfuNode;
      await Promise.all(people.map(watchPauses));
      process.kill(processOf(origin), 'SIGKILL');
      await until(() => assignmentsOf(meetingId).every(({ sfuNode, role }) => role !== 'Origin' || sfuNode !== origin) || availabilityClass === 'Standard', 'another media node is the origin', 60_000);
      if (standby !== undefined) assert.equal(assignmentsOf(meetingId).find(({ role }) => role === 'Origin').sfuNode, standby);
      await seeEachOther();
      const all = await Promise.all(people.map(pauses));
      longest.push(Math.max(...all.flatMap(({ picture, sound }) => [picture, sound])));
      t.diagnostic(`round ${round + 1}: ${people.map(({ name }, index) => `${name} ${JSON.stringify(all[index])}`).join(', ')} ms`);
      for (const { picture, sound, look } of all) assert.ok(Math.max(picture, sound) < limit + 4 * look, `picture ${picture} ms, sound ${sound} ms, longest wait for a look ${look} ms`);
      await Promise.all(people.map(person => person.connected()));
    }
    assert.deepEqual(await Promise.all(people.map(person => person.id())), ids);
    assert.equal(await people[0].page.getByTestId('count').textContent(), '2 people');
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
  longest.sort((a, b) => a - b);
  t.diagnostic(`${availabilityClass}: longest pause of picture or sound, median ${longest[Math.floor(longest.length / 2)]} ms, worst ${longest.at(-1)} ms of ${rounds}`);
}

describe('a media node that is killed', () => {
  before(async () => {
    kubectl('patch', 'sfupool', 'default', '--type=merge', '-p', '{"spec":{"replicas":3}}');
    await until(() => get('sfupool', 'default').status?.readyReplicas === 3, 'three media nodes are ready', 90_000);
  }, { timeout: 120_000 });

  it('is replaced by the standby of the meeting, and nobody leaves', options, async t => {
    await killOrigins(t, 'Critical', 4_000);
  });

  it('is replaced by another one in a meeting without a standby, and nobody leaves', options, async t => {
    await killOrigins(t, 'Standard', 5_000);
  });
});
