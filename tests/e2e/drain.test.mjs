// Participants while the meeting moves to another media node because theirs is drained.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { pauses, watchPauses } from './support/pauses.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const options = { timeout: 300_000 };

const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
const get = (...args) => JSON.parse(kubectl('get', ...args, '-o', 'json'));
const meetingOf = meeting => get('meetings').items.find(one => one.status?.meetingId === meeting.meetingId);

describe('a drain of the media node', () => {
  it('moves the meeting while people talk, and nobody has to join again', options, async t => {
    kubectl('patch', 'sfupool', 'default', '--type=merge', '-p', '{"spec":{"replicas":2}}');
    await until(() => get('sfupool', 'default').status?.readyReplicas === 2, 'two media nodes are ready', 60_000);
    await room.withParticipants(['Ada', 'Bob'], async (ada, bob, meeting) => {
      const seeEachOther = () => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada'), ada.waitForSound(), bob.waitForSound()]);
      await seeEachOther();
      const ids = [await ada.id(), await bob.id()];
      const before = meetingOf(meeting).status.assignments[0].sfuNode;
      await Promise.all([watchPauses(ada), watchPauses(bob)]);
      const started = performance.now();
      kubectl('patch', 'sfunode', before, '--type=merge', '-p', '{"spec":{"drain":{"reason":"test","deadlineSeconds":0}}}');
      await until(() => {
        const { assignments } = meetingOf(meeting).status;
        return assignments.length === 1 && assignments[0].sfuNode !== before;
      }, 'the meeting has left the media node', 90_000);
      t.diagnostic(`the meeting has left its media node after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      await until(() => get('sfunodes').items.every(node => node.metadata.name !== before), 'the media node is removed', 90_000);
      t.diagnostic(`the media node is removed after ${((performance.now() - started) / 1_000).toFixed(1)} s`);
      await seeEachOther();
      for (const person of [ada, bob]) t.diagnostic(`${person.name}: longest pause ${JSON.stringify(await pauses(person))} ms`);
      t.diagnostic(kubectl('get', 'events', '--field-selector', 'involvedObject.kind=Meeting', '-o', 'custom-columns=R:.reason,M:.message'));
      await Promise.all([ada.connected(), bob.connected()]);
      assert.deepEqual([await ada.id(), await bob.id()], ids);
      assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
    });
  });
});
