// The last line of `./meet test` must count exactly the tests that ran.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromNodeTest, fromTrx, fromVitest } from '../../tools/results/sum.mjs';

const script = new URL('../../tools/results/sum.mjs', import.meta.url).pathname;

function sum(files, ...suites) {
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  try {
    for (const suite of suites) mkdirSync(join(folder, suite));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const result = spawnSync(process.execPath, [script, folder, ...suites], { encoding: 'utf8' });
    return { code: result.status, last: result.stdout.trimEnd().split('\n').at(-1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const trx = (total, passed, failed) => `<x><Counters total="${total}" executed="${passed + failed}" passed="${passed}" failed="${failed}" error="0" timeout="0" aborted="0" /></x>`;

test('trx tests that were not executed count as skipped', () => assert.deepEqual(fromTrx(trx(10, 7, 1)), { passed: 7, failed: 1, skipped: 2 }));

test('node:test totals are read from TAP and spec output, and cancelled tests count as failed', () => {
  assert.deepEqual(fromNodeTest('# tests 3\n# pass 1\n# fail 1\n# cancelled 1\n# skipped 0\n'), { passed: 1, failed: 2, skipped: 0 });
  assert.deepEqual(fromNodeTest('ℹ pass 2\nℹ fail 0\nℹ skipped 1\n'), { passed: 2, failed: 0, skipped: 1 });
  assert.equal(fromNodeTest('nothing ran'), null);
});

test('a vitest file that could not be loaded counts as failed', () => {
  const report = { numPassedTests: 4, numFailedTests: 0, numPendingTests: 1, numTodoTests: 0, testResults: [{ status: 'failed', assertionResults: [] }] };
  assert.deepEqual(fromVitest(JSON.stringify(report)), { passed: 4, failed: 1, skipped: 1 });
});

test('the results of all runners are added, and the exit code is 0 without failures', () =>
  assert.deepEqual(sum({ 'unit/a.trx': trx(3, 3, 0), 'unit/b.trx': trx(2, 2, 0), 'web/node.log': '# pass 4\n# fail 0\n' }, 'unit', 'web'), { code: 0, last: '9 passed, 0 failed, 0 skipped' }));

test('one failure leads to exit code 1', () =>
  assert.deepEqual(sum({ 'unit/a.trx': trx(3, 2, 1) }, 'unit'), { code: 1, last: '2 passed, 1 failed, 0 skipped' }));

test('a suite without tests counts as failed', () =>
  assert.deepEqual(sum({ 'unit/a.trx': trx(1, 1, 0) }, 'unit', 'web'), { code: 1, last: '1 passed, 1 failed, 0 skipped' }));

test('a project without results counts as failed', () =>
  assert.deepEqual(sum({ 'unit/a.trx': trx(1, 1, 0), 'unit/b.failed': 'b' }, 'unit'), { code: 1, last: '1 passed, 1 failed, 0 skipped' }));
