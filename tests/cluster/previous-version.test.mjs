// Media nodes of the previous version beside those of this one: a rollout and its rollback move a meeting between them over a link.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { clusterRoom, waitForMediaBothWays } from './support/cluster-room.mjs';
import { gaps, watchGaps } from './support/gaps.mjs';
import { get, kubectl, run, until } from './support/kubectl.mjs';

const [previous, current] = ['previous', 'dev'].map(tag => `localhost/meet-operator/media-node:${tag}`);

const commit = readFileSync('tests/cluster/previous-version', 'utf8').trim();
const isKnown = spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`]).status === 0;

describe('a pool with the previous version', { skip: isKnown ? false : `the Git history does not go back to ${commit}` }, () => {
  before(() => run('./meet', ['cluster', 'load-images', 'previous']), { timeout: 600_000 });
  const room = clusterRoom({ replicas: 1, ports: { min: 43900, max: 43931 }, pool: { image: previous, rollout: { type: 'Migrate' } } });

  const imageOf = async node => (await get('pod', node, '-n', room.namespace)).spec.containers[0].image;

  /** Changes the image, and waits until the meeting is on a media node with it and the former one is gone. Returns the links that worked meanwhile, as pairs of images. */
  async function rollOut(image, meeting) {
    const former = await room.nodeOf(meeting);
    const images = new Map([[former, await imageOf(former)]]);
    const links = new Set();
    await kubectl('patch', 'sfupool', 'pool', '-n', room.namespace, '--type=merge', '-p', JSON.stringify({ spec: { image } }));
    await until(async () => {
      const { status } = await get('meeting', meeting.name, '-n', room.namespace);
      for (const { from, to, state } of status.cascade ?? []) {
        const ends = [from, to].map(end => end.split('/')[1]);
        for (const node of ends) if (!images.has(node)) images.set(node, await imageOf(node));
        if (state === 'Up') links.add(ends.map(node => images.get(node)).join(' to '));
      }
      return status.assignments.every(one => one.sfuNode !== former) && (await get('sfunodes', '-n', room.namespace)).every(one => one.metadata.name !== former);
    }, 'the former media node is gone', 240_000);
    return { image: await imageOf(await room.nodeOf(meeting)), links: [...links] };
  }

  it('is rolled out to this version and back while people talk, over links between both versions', { timeout: 600_000 }, async t => {
    await room.withPair(async (ada, bob, meeting) => {
      assert.equal(await imageOf(await room.nodeOf(meeting)), previous);
      await Promise.all([ada, bob].map(watchGaps));
      for (const [image, expected] of [[null, current], [previous, previous]]) {
        const { image: used, links } = await rollOut(image, meeting);
        assert.equal(used, expected);
        assert.ok(links.includes(`${previous} to ${current}`) || links.includes(`${current} to ${previous}`), `a link between both versions worked: ${links.join(', ')}`);
        await waitForMediaBothWays(ada, bob);
        await Promise.all([ada.connected(), bob.connected()]);
        assert.equal(await ada.page.getByTestId('count').textContent(), '2 people');
        for (const person of [ada, bob]) t.diagnostic(`to ${expected}: ${person.name}'s longest pause ${JSON.stringify(await gaps(person))} ms`);
      }
    });
  });
});
