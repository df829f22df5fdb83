// The messages of ./meet for wrong arguments and missing tools.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const root = new URL('../..', import.meta.url).pathname;

function meet(args, env = {}) {
  const result = spawnSync('./meet', args, { cwd: root, env: { ...process.env, MEET_HOME: join(tmpdir(), 'meet-never-created'), ...env }, encoding: 'utf8', timeout: 60_000 });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

// Runs a function with replacements of programs at the front of PATH.
function withPrograms(programs, run) {
  const folder = mkdtempSync(join(tmpdir(), 'programs-'));
  try {
    for (const [name, body] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    return run({ PATH: `${folder}:${process.env.PATH}` });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('help lists every verb', () => {
  const { code, out } = meet(['help']);
  assert.equal(code, 0);
  for (const verb of ['up', 'down', 'export', 'dev', 'logs', 'test', 'doctor', 'generate', 'verify', 'bench', 'help']) assert.match(out, new RegExp(`^\\./meet ${verb}\\b`, 'm'));
});

test('test --help explains words, fast and --changed', () => {
  const { code, out } = meet(['test', '--help']);
  assert.equal(code, 0);
  for (const usage of ['SUITE WORD…', 'fast', '--changed']) assert.match(out, new RegExp(`^\\./meet test ${usage}`, 'm'));
});

test('meet without a verb prints the help', () => assert.equal(meet([]).out, meet(['help']).out));

for (const [args, env, message] of [
  [['dance'], {}, /unknown verb 'dance'; \.\/meet help lists them/],
  [['../up'], {}, /unknown verb/],
  [['up', '--now'], {}, /unknown option '--now'; usage: \.\/meet up \[--detach\]/],
  [['up'], { MEET_PORT: '80' }, /MEET_PORT must be a number from 1024 to 65535, not '80'/],
  [['up'], { MEET_PORT: 'x' }, /MEET_PORT must be a number/],
  [['test', 'nothing'], {}, /unknown suite 'nothing'; known suites: cluster unit architecture verify quickstart browser page chart web conformance/],
  [['test', 'web'], { MEET_LANES: '0' }, /MEET_LANES is '0'; set it to the number of lanes that run at the same time, 1 or 2/],
  [['test', 'web'], { MEET_SHORT: 'yes' }, /MEET_SHORT is 'yes'; set it to 1 to leave out the longest tests, or to 0/],
  [['test', 'web'], { MEET_CALLS_ALONE: 'yes' }, /MEET_CALLS_ALONE is 'yes'; set it to 1 to run only light suites beside those with calls between browsers, or to 0/],
  [['test', 'unit', 'nothing'], {}, /no project and no test class of suite unit contains 'nothing'; projects: .*Placement/],
  [['test', 'browser', 'nothing'], {}, /no test file of suite browser contains 'nothing'; there are: .*meeting .*recovery/],
  [['test', '--quick'], {}, /unknown option '--quick'; usage: \.\/meet test \[fast \| --changed \| SUITE \[WORD…\]…\]/],
  [['test', 'fast', 'unit'], {}, /fast and --changed choose the suites themselves/],
  [['dev', '--now'], {}, /unknown option '--now'; usage: \.\/meet dev/],
  [['dev'], { MEET_PORT: '65000' }, /MEET_PORT is '65000'; .\/meet dev needs a number from 1024 to 64535/],
  [['logs'], {}, /usage: \.\/meet logs PART .*parts: api-server operator signaling media-node/],
  [['logs', 'operator', '--all'], {}, /unknown option '--all'; usage: \.\/meet logs PART/],
  [['logs', 'operator'], {}, /nothing runs in .*meet-never-created/],
  [['logs', 'api-server'], {}, /logs\/local\.log does not exist/],
  [['logs', 'api-server', '--previous'], {}, /option '--previous' is not supported/],
  [['export', '--all'], {}, /unknown option '--all'; usage: \.\/meet export >FILE/],
  [['bench'], {}, /usage: \.\/meet bench/],
  [['bench', 'nothing'], {}, /usage: \.\/meet bench/],
  [['bench', 'media', '--rounds', 'all'], {}, /usage: \.\/meet bench media \[--only PART\] \[--rounds N\] \[--seconds N\]/],
  [['bench', 'media', '--only'], {}, /usage: \.\/meet bench/],
  [['bench', 'operator', '--rounds', '1'], {}, /usage: \.\/meet bench/],
  [['bench', 'quality', '--rounds', '1'], {}, /usage: \.\/meet bench/],
]) {
  test(`meet ${args.join(' ')} ${JSON.stringify(env)} fails with a message that explains the usage`, () => {
    const { code, err } = meet(args, env);
    assert.equal(code, 1);
    assert.match(err, message);
  });
}

test('down succeeds when nothing is running', () => assert.deepEqual(meet(['down']).code, 0));

test('packages that cannot be installed are listed', () => {
  const programs = { 'dpkg-query': 'exit 0', 'apt-get': 'exit 100', sudo: 'exit 1' };
  const { code, err } = withPrograms(programs, env => meet(['up'], env));
  assert.equal(code, 1);
  assert.match(err, /util-linux libssl3 curl/);
  assert.doesNotMatch(err, /janus/, 'up requires no packages of the tests');
});

test('the options of ./meet bench media reach the program that measures', () => {
  const programs = {
    'dpkg-query': `awk '{ print $1, "installed" }' infra/packages.txt`,
    dotnet: 'case $1 in --list-sdks) echo "10.0.100 [/usr/share/dotnet/sdk]";; *MeetOperator.Bench.dll) shift; echo "$*";; esac',
  };
  const { code, out, err } = withPrograms(programs, env => meet(['bench', 'media', '--rounds', '1', '--json', '--seconds', '6', '--only', 'load'], env));
  assert.equal(code, 0, err);
  assert.equal(out, 'media --json --rounds 1 --seconds 6 --only load\n');
});

test('an outdated Node.js is reported with its version', () => {
  const { code, err } = withPrograms({ node: 'case $1 in -p) echo 18;; *) echo v18.20.0;; esac' }, env => meet(['up'], env));
  assert.equal(code, 1);
  assert.match(err, /Node\.js 20 or newer is missing; found v18\.20\.0/);
});

test('an outdated .NET SDK is reported with its version', () => {
  const { code, err } = withPrograms({ dotnet: 'echo "8.0.100 [/usr/share/dotnet/sdk]"' }, env => meet(['up'], env));
  assert.equal(code, 1);
  assert.match(err, /\.NET SDK 10 is missing; found: 8\.0\.100/);
});

test('doctor checks tools, packages, kubectl, port, buffers, memory and disk', () => {
  const { out } = meet(['doctor'], { MEET_PORT: '18999' });
  for (const word of ['.NET SDK', 'packages of ./meet up', 'kubectl', 'port 18999 is free', 'net.core.rmem_max', 'of memory', 'of disk']) assert.ok(out.includes(word), `${word} in\n${out}`);
});
