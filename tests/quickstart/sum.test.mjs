// The last line of `./meet test` must count exactly the tests that ran.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { secondRun } from '../../tools/results/failures.mjs';
import { fromNodeTest, fromTrx, fromVitest } from '../../tools/results/sum.mjs';

const script = new URL('../../tools/results/sum.mjs', import.meta.url).pathname;

function sum(files, ...suites) {
  const { code, last } = report(files, ...suites);
  return { code, last };
}

function report(files, ...suites) {
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  try {
    for (const suite of suites) mkdirSync(join(folder, suite));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const result = spawnSync(process.execPath, [script, folder, ...suites], { encoding: 'utf8' });
    return { code: result.status, last: result.stdout.trimEnd().split('\n').at(-1), output: result.stdout };
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

/** A trx report in which `passed` tests passed and the named methods of class A.B failed. */
const failedTrx = (passed, ...methods) => `<x>
${methods.map(method => `<UnitTestResult testId="id-${method}" testName="A.B.${method}(text: &quot;&lt;&#x41;&quot;)" outcome="Failed"><Output><ErrorInfo><Message>Assert.Equal() Failure
Expected: 1</Message></ErrorInfo></Output></UnitTestResult>`).join('\n')}
${methods.map(method => `<UnitTest name="A.B.${method}" id="id-${method}"><Execution id="e" /><TestMethod codeBase="b.dll" className="A.B" name="${method}" /></UnitTest>`).join('\n')}
${trx(passed + methods.length, passed, methods.length)}</x>`;

/** A trx report in which the named methods of class A.B passed, as the second run of `failedTrx` writes it. */
const passedTrx = (...methods) => failedTrx(0, ...methods).replaceAll('outcome="Failed"', 'outcome="Passed"').replace(/<Counters [^>]*>/, trx(methods.length, methods.length, 0).slice(3, -4));

/** What node:test prints with its spec reporter for a file in which two tests ran and one failed. */
function failedNodeTest() {
  const folder = mkdtempSync(join(tmpdir(), 'results-'));
  try {
    writeFileSync(join(folder, 'x.test.mjs'), "import { test } from 'node:test'; test('one (good)', () => {}); test('two (bad)', () => { throw new Error('the reason'); });");
    // A test runner that runs in a test of node:test reports to the outer one, unless it does not know of it.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(process.execPath, ['--test', '--test-reporter=spec', 'x.test.mjs'], { cwd: folder, env, encoding: 'utf8' }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('failed tests are named with their messages', () => {
  const { output } = report({ 'unit/a.trx': failedTrx(2, 'Join_Late_Waits'), 'web/node.log': failedNodeTest() }, 'unit', 'web');
  assert.match(output, /Failed:\n {2}unit: A\.B\.Join_Late_Waits\(text: "<A"\)\n {4}Assert\.Equal\(\) Failure\n {4}Expected: 1\n {2}web: two \(bad\)\n {4}Error: the reason\n/);
});

test('a test that passes in its second run counts as passed and is named as unstable', () => {
  const { code, last, output } = report({ 'unit/a.trx': failedTrx(2, 'Join_Late_Waits'), 'unit/a.trx.second': passedTrx('Join_Late_Waits') }, 'unit');
  assert.deepEqual({ code, last }, { code: 0, last: '3 passed, 0 failed, 0 skipped' });
  assert.match(output, /Unstable .*:\n {2}unit: A\.B\.Join_Late_Waits/);
  assert.doesNotMatch(output, /Failed:/);
});

test('a test that fails in its second run too counts as failed', () => {
  const oneFailed = failedTrx(0, 'Leave_Twice_Ends', 'Join_Late_Waits').replace('Join_Late_Waits(text: &quot;&lt;&#x41;&quot;)" outcome="Failed"', 'Join_Late_Waits(text: &quot;&lt;&#x41;&quot;)" outcome="Passed"').replace(/<Counters [^>]*>/, trx(2, 1, 1).slice(3, -4));
  const { code, last, output } = report({ 'unit/a.trx': failedTrx(2, 'Join_Late_Waits', 'Leave_Twice_Ends'), 'unit/a.trx.second': oneFailed }, 'unit');
  assert.deepEqual({ code, last }, { code: 1, last: '3 passed, 1 failed, 0 skipped' });
  assert.match(output, /Failed:\n {2}unit: A\.B\.Leave_Twice_Ends[\s\S]*Unstable .*:\n {2}unit: A\.B\.Join_Late_Waits/);
});

test('a second run changes nothing if one of the failed tests did not run or the process was aborted', () => {
  for (const second of ['', trx(0, 0, 0), passedTrx('Leave_Twice_Ends'), `${passedTrx('Join_Late_Waits')} The active test run was aborted. Reason: Test host process crashed`]) {
    assert.deepEqual(sum({ 'unit/a.trx': failedTrx(2, 'Join_Late_Waits'), 'unit/a.trx.second': second }, 'unit'), { code: 1, last: '2 passed, 1 failed, 0 skipped' });
  }
});

test('a test process that ended before its last test counts as a failure and has no second run', () => {
  const aborted = `${failedTrx(2, 'Join_Late_Waits')} The active test run was aborted. Reason: Test host process crashed`;
  assert.deepEqual(secondRun('a.trx', aborted), []);
  assert.deepEqual(fromTrx(`${trx(2, 2, 0)} The active test run was aborted. Reason: Test host process crashed`), { passed: 2, failed: 1, skipped: 0 });
});

test('up to three failed tests run once more, by method or by file', () => {
  assert.deepEqual(secondRun('a.trx', failedTrx(0, 'One', 'Two')), ['FullyQualifiedName=A.B.One|FullyQualifiedName=A.B.Two']);
  assert.deepEqual(secondRun('a.trx', failedTrx(0, 'One', 'Two', 'Three', 'Four')), []);
  assert.deepEqual(secondRun('a.trx', trx(1, 1, 0)), []);
  assert.deepEqual(secondRun('node.log', failedNodeTest()), ['x.test.mjs']);
});
