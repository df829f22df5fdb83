// sum.mjs RESULTS SUITE…: names the failed tests and adds up the results of all test runners; the last line is the total.
// Reads trx (dotnet test), the JSON of vitest, and the totals of node:test in TAP or in its spec reporter; *.failed is a failure.
// REPORT.second is the report of a second run of the tests that failed in REPORT: a test that passes there counts as passed and is named as unstable. It counts only if all
// of these tests ran there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { failuresOfNodeTest, failuresOfTrx, failuresOfVitest, isAborted, testsOfNodeTest, testsOfTrx } from './failures.mjs';

const none = () => ({ passed: 0, failed: 0, skipped: 0 });

export function fromTrx(text) {
  const counters = /<Counters ([^>]*)\/?>/.exec(text)?.[1];
  if (!counters) return null;
  const number = name => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(counters)?.[1] ?? 0);
  const total = number('total');
  const passed = number('passed');
  const failed = number('failed') + number('error') + number('timeout') + number('aborted');
  return { passed, failed: failed === 0 && isAborted(text) ? 1 : failed, skipped: total - passed - failed };
}

export function fromVitest(text) {
  const report = JSON.parse(text);
  const suiteFailures = report.testResults.filter(f => f.status === 'failed' && f.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + suiteFailures, skipped: report.numPendingTests + report.numTodoTests };
}

export function fromNodeTest(text) {
  const last = name => Number([...text.matchAll(new RegExp(`^(?:#|ℹ) ${name} (\\d+)\\s*$`, 'gm'))].at(-1)?.[1] ?? NaN);
  const passed = last('pass');
  if (Number.isNaN(passed)) return null;
  const zero = value => (Number.isNaN(value) ? 0 : value);
  return { passed, failed: zero(last('fail')) + zero(last('cancelled')), skipped: zero(last('skipped')) + zero(last('todo')) };
}

const readers = [
  [/\.trx$/, fromTrx, failuresOfTrx, testsOfTrx],
  [/vitest\.json$/, fromVitest, failuresOfVitest],
  [/(\.tap|node\.log)$/, fromNodeTest, failuresOfNodeTest, testsOfNodeTest],
  [/\.failed$/, () => ({ passed: 0, failed: 1, skipped: 0 }), text => [{ name: text.trim(), message: '' }]],
];

/** The counts of one report and of its second run; null if the runner printed no total. */
function countsOf(path, read, failuresOf, testsOf) {
  const text = readFileSync(path, 'utf8');
  const counts = read(text);
  const failures = counts === null ? [] : failuresOf(text);
  const second = existsSync(`${path}.second`) ? readFileSync(`${path}.second`, 'utf8') : '';
  const counted = second === '' ? null : read(second);
  if (counts === null || counted === null || failures.length === 0 || isAborted(second)) return { counts, failures, unstable: [] };
  const ran = testsOf(second);
  if (!failures.every(failure => ran.has(failure.name))) return { counts, failures, unstable: [] };
  const failedAgain = new Set(failuresOf(second).map(failure => failure.name));
  return {
    counts: { passed: counts.passed + counts.failed - counted.failed, failed: counted.failed, skipped: counts.skipped },
    failures: failuresOf(second),
    unstable: failures.filter(failure => !failedAgain.has(failure.name)),
  };
}

/** Adds up the reports of a suite: `passed`, `failed` and `skipped`, and the tests that `failed` in all their runs or in their first run only. */
export function sumFolder(folder) {
  const sum = { ...none(), failures: [], unstable: [] };
  for (const name of readdirSync(folder).sort()) {
    const [, read, failuresOf, testsOf] = readers.find(([pattern]) => pattern.test(name)) ?? [];
    if (!read) continue;
    const { counts, failures, unstable } = countsOf(join(folder, name), read, failuresOf, testsOf);
    for (const key of Object.keys(none())) sum[key] += (counts ?? { passed: 0, failed: 1, skipped: 0 })[key];
    if (counts === null) failures.push({ name: `${name} has no total`, message: '' });
    else if (counts.failed > 0 && failures.length === 0) failures.push({ name: `${counts.failed} in ${name}`, message: '' });
    sum.failures.push(...failures);
    sum.unstable.push(...unstable);
  }
  return sum;
}

/** Prints the tests with the first lines of their messages. */
function list(title, tests) {
  if (tests.length === 0) return;
  console.log(`\n${title}`);
  for (const { suite, name, message } of tests) {
    console.log(`  ${suite}: ${name}`);
    for (const line of message.trim().split('\n').filter(line => !/^(\s*at |$)/.test(line)).slice(0, 4)) console.log(`    ${line.trim().slice(0, 300)}`);
  }
}

function main([folder, ...suites]) {
  const all = none();
  const sums = suites.map(suite => [suite, sumFolder(join(folder, suite))]);
  const named = key => sums.flatMap(([suite, sum]) => sum[key].map(test => ({ suite, ...test })));
  list('Failed:', named('failures'));
  list('Unstable (failed in the first run and passed in the second, which counts as passed):', named('unstable'));
  console.log();
  let empty = false;
  for (const [suite, sum] of sums) {
    for (const key of Object.keys(all)) all[key] += sum[key];
    const ran = sum.passed + sum.failed + sum.skipped > 0;
    empty ||= !ran;
    if (!ran) all.failed += 1;
    console.log(`${suite.padEnd(14)}${ran ? `${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped` : 'no tests ran, which counts as a failure'}`);
  }
  console.log(`${all.passed} passed, ${all.failed} failed, ${all.skipped} skipped`);
  process.exitCode = all.failed > 0 || empty ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(process.argv.slice(2));
