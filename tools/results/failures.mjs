// failures.mjs REPORT: prints what a second run of the failed tests of REPORT needs, and nothing if no second run makes sense:
// a filter of `dotnet test` for a trx file, the names of the test files, one per line, for the output of node:test.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

// More failures than this at a time are no accident.
const SECOND_RUN_LIMIT = 3;

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function plain(xml) {
  return xml.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    hex ? String.fromCodePoint(parseInt(hex, 16)) : decimal ? String.fromCodePoint(Number(decimal)) : entities[name] ?? whole);
}

const attribute = (tag, name) => plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** True if the test process ended before its last test; then the report does not name every test that failed. */
export const isAborted = trx => trx.includes('The active test run was aborted');

/** The failed tests of a report: `name`, `message` (first lines) and `where` (the method for trx, the file for node:test). */
export function failuresOfTrx(text) {
  const methods = new Map([...text.matchAll(/<UnitTest\b([^>]*)>[\s\S]*?<TestMethod\b([^>]*)>/g)]
    .map(([, unit, method]) => [attribute(unit, 'id'), `${attribute(method, 'className')}.${attribute(method, 'name')}`]));
  return [...text.matchAll(/<UnitTestResult\b([^>]*\boutcome="(?:Failed|Error|Timeout|Aborted)"[^>]*)>([\s\S]*?)<\/UnitTestResult>/g)]
    .map(([, tag, body]) => ({
      name: attribute(tag, 'testName'),
      where: methods.get(attribute(tag, 'testId')) ?? '',
      message: plain(/<Message>([\s\S]*?)<\/Message>/.exec(body)?.[1] ?? ''),
    }));
}

export function failuresOfVitest(text) {
  return JSON.parse(text).testResults.flatMap(file => file.status === 'failed' && file.assertionResults.length === 0
    ? [{ name: file.name, where: file.name, message: file.message ?? '' }]
    : file.assertionResults.filter(test => test.status === 'failed').map(test => ({ name: test.fullName, where: file.name, message: test.failureMessages[0] ?? '' })));
}

/** Reads the list at the end of the spec reporter's output. */
export function failuresOfNodeTest(text) {
  const list = text.split(/^✖ failing tests:$/m)[1] ?? '';
  return [...list.matchAll(/^test at (.+?):\d+:\d+\n✖ (.*?) \([\d.]+ms\)\n([\s\S]*?)(?=^test at |(?![\s\S]))/gm)]
    .map(([, where, name, message]) => ({ name, where, message }));
}

/** The names of all tests in a report. */
export const testsOfTrx = text => new Set([...text.matchAll(/<UnitTestResult\b([^>]*)>/g)].map(([, tag]) => attribute(tag, 'testName')));
export const testsOfNodeTest = text => new Set([...text.matchAll(/^ *[✔✖] (.*?) \([\d.]+ms\)$/gm)].map(([, name]) => name));

/** What a second run needs, or an empty list. */
export function secondRun(file, text) {
  const failures = file.endsWith('.trx') ? failuresOfTrx(text) : failuresOfNodeTest(text);
  if (failures.length === 0 || failures.length > SECOND_RUN_LIMIT || isAborted(text) || failures.some(failure => failure.where === '')) return [];
  const places = [...new Set(failures.map(failure => failure.where))];
  return file.endsWith('.trx') ? [places.map(place => `FullyQualifiedName=${place}`).join('|')] : places;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file] = process.argv.slice(2);
  for (const line of secondRun(file, readFileSync(file, 'utf8'))) console.log(line);
}
