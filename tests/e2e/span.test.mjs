// Participants in three regions, each with a media node of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { meetingRoom } from './support/meeting-room.mjs';
import { applyMeeting } from './support/product.mjs';
import { describeOnFailure } from './support/visitor.mjs';
import { until } from './support/until.mjs';

const room = meetingRoom();
const regions = ['local', 'north', 'south'];

const kubectl = (args, input) => execFileSync('kubectl', ['--kubeconfig', `${room.product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8', input });
const get = (...args) => JSON.parse(kubectl(['get', ...args, '-o', 'json']));

/** A pool of one media node in a region, with the ports after those of the default pool. */
function addPool(region, number) {
  const { portRange, ...exposure } = get('sfupool', 'default').spec.exposure;
  const min = portRange.max + 1 + number * 8;
  kubectl(['apply', '-f', '-'], JSON.stringify({
    apiVersion: 'meetoperator.io/v1alpha1', kind: 'SfuPool', metadata: { name: region }, spec: { region, replicas: 1, exposure: { ...exposure, portRange: { min, max: min + 7 } } },
  }));
}

describe('a meeting with participants in three regions', () => {
  it('is on a media node in each of them, and everybody sees and hears the others', { timeout: 600_000 }, async t => {
    for (const [number, region] of regions.slice(1).entries()) addPool(region, number);
    await until(() => regions.slice(1).every(region => get('sfupool', region).status?.readyReplicas === 1), 'each region has a media node', 60_000);
    const meetingId = await applyMeeting(room.product, { maxParticipants: 20 });
    const visitors = [];
    const enter = async (name, region, camera) => {
      const visitor = await room.arrive(name);
      visitors.push(visitor);
      await visitor.page.goto(`${room.product.url}/m/${meetingId}?region=${region}`);
      if (!camera) await visitor.page.getByTestId('toggle-camera').click();
      await visitor.page.getByTestId('name-input').fill(name);
      if (camera) await visitor.page.locator('[data-testid=preview][data-live=true]').waitFor();
      await visitor.page.getByTestId('join-button').click();
      await visitor.connected();
      return visitor;
    };
    const assignments = () => get('meetings').items.find(one => one.status?.meetingId === meetingId).status.assignments;
    try {
      await describeOnFailure(visitors, async () => {
        const speakers = [];
        for (const region of regions) {
          speakers.push(await enter(`Ada ${region}`, region, true));
          for (const name of ['Bob', 'Cyd']) await enter(`${name} ${region}`, region, false);
        }
        await until(() => {
          const ready = assignments().filter(one => one.state === 'Ready' && one.participants === 3);
          return regions.every(region => ready.some(one => one.region === region));
        }, 'three participants are on the media node of each region', 120_000);
        t.diagnostic(JSON.stringify(assignments()));
        for (const one of speakers) {
          await Promise.all([...speakers.filter(other => other !== one).map(other => one.waitForVideo(other.name)), one.waitForSound()]);
        }
        for (const visitor of visitors) {
          await visitor.connected();
          assert.equal(await visitor.page.getByTestId('count').textContent(), '9 people');
        }
      });
    } finally {
      await Promise.all(visitors.map(visitor => visitor.close()));
    }
  });
});
