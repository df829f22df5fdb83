// sum.mjs RESULTS SUITE…: adds up the results of all test runners; the last line is the total.
// Reads trx (dotnet test), the JSON of vitest, and the totals of node:test in TAP or in its spec reporter; *.failed is a failure.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const none = () => ({ passed: 0, failed: 0, skipped: 0 });

export function fromTrx(text) {
  const counters = /<Counters ([^>]*)\/?>/.exec(text)?.[1];
  if (!counters) return null;
  const number = name => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(counters)?.[1] ?? 0);
  const total = number('total');
  const passed = number('passed');
  const failed = number('failed') + number('error') + number('timeout') + number('aborted');
  return { passed, failed, skipped: total - passed - failed };
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
  [/\.trx$/, fromTrx],
  [/vitest\.json$/, fromVitest],
  [/(\.tap|node\.log)$/, fromNodeTest],
  [/\.failed$/, () => ({ passed: 0, failed: 1, skipped: 0 })],
];

export function sumFolder(folder) {
  const sum = none();
  for (const name of readdirSync(folder)) {
    const read = readers.find(([pattern]) => pattern.test(name))?.[1];
    if (!read) continue;
    const found = read(readFileSync(join(folder, name), 'utf8')) ?? { passed: 0, failed: 1, skipped: 0 };
    for (const key of Object.keys(sum)) sum[key] += found[key];
  }
  return sum;
}

function main([folder, ...suites]) {
  const all = none();
  let empty = false;
  console.log();
  for (const suite of suites) {
    const sum = sumFolder(join(folder, suite));
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
