// Ten minutes of `./meet cluster chaos`, or as many as MEET_CHAOS_MINUTES says: two when `./meet test` runs everything on a slow machine.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { summary } from './chaos/report.mjs';
import { chaos } from './chaos/run.mjs';

const minutes = Number(process.env.MEET_CHAOS_MINUTES ?? 10);

it('during faults of all parts nobody is dropped, the chat is complete, and nothing is left behind', { timeout: (minutes + 20) * 60_000 }, async t => {
  const result = await chaos({ seed: 1, seconds: minutes * 60, log: line => t.diagnostic(line) });
  t.diagnostic(summary(result));
  assert.equal(result.problems.length, 0, result.problems.join('; '));
});
