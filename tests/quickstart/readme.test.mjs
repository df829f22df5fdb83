// Runs every command block of the READMEs in a new copy of the repository, as a new user does after the first build.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from '../e2e/support/product.mjs';
import { commandBlocks, runnable } from './blocks.mjs';

const root = new URL('../..', import.meta.url).pathname;
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
const readmes = files.filter(f => /(^|\/)README\.md$/.test(f)).sort((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b));

const PROGRAMS = ['operator/MeetOperator.Local', 'operator/MeetOperator.Operator', 'operator/MeetOperator.KubectlMeet', 'signaling/MeetOperator.Signaling', 'media-node/MeetOperator.MediaNode', 'turn/MeetOperator.Turn'];
const BUILDS = [...PROGRAMS.map(program => `${program}/bin/Release/net10.0`), 'web/node_modules', 'web/app/dist', ...['products', 'npm-web', 'web'].map(stamp => `obj/meet/${stamp}`)];

let copy;
let env;

// A failed block is reported with its output.
function run(commands, timeoutMs) {
  const result = spawnSync('bash', ['-euo', 'pipefail', '-c', commands], { cwd: copy, env, encoding: 'utf8', timeout: timeoutMs, maxBuffer: 1 << 26 });
  assert.equal(result.status, 0, `${result.error ?? `exit code ${result.status}`}\n$ ${commands}\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

describe('READMEs', () => {
  before(async () => {
    copy = mkdtempSync(join(tmpdir(), 'quickstart-'));
    // The copy has the builds of this repository, if there are any. Their stamps contain times in nanoseconds, which only the posix format keeps.
    execFileSync('bash', ['-c', '{ git ls-files -co --exclude-standard; printf "%s\\n" "${@:2}"; } | xargs -d "\\n" ls -d 2>/dev/null | tar --format=posix -cf - -T - | tar -xf - -C "$1"', 'copy', copy, ...BUILDS], { cwd: root });
    const { MEET_HOME: _home, KUBECONFIG: _config, ...rest } = process.env;
    // The builds of the other suites have run the analyzers on the same sources.
    env = { ...rest, MEET_PORT: String(await freePort()), RunAnalyzers: 'false' };
  });

  after(() => {
    spawnSync('./meet', ['down'], { cwd: copy, env });
    rmSync(copy, { recursive: true, force: true });
  });

  for (const readme of readmes) {
    for (const block of commandBlocks(readFileSync(join(root, readme), 'utf8'))) {
      const commands = runnable(block.commands);
      if (commands === '') continue;
      test(`the block at ${readme}:${block.line} succeeds: ${commands.split('\n')[0]}`, { timeout: 900_000 }, () => {
        run(commands, 840_000);
      });
      if (readme === 'README.md' && commands.includes('./meet up --detach')) {
        test('no process of the installation has a file in the temporary folder', async () => {
          const own = execFileSync('pgrep', ['-f', `^${copy}/.meet/programs/`], { encoding: 'utf8' }).trim().split('\n');
          assert.ok(own.length >= 3, `local, operator and signaling: ${own}`);
          // File names contain the process ID and the start time (field 22 of stat in proc(5)), because process IDs are reused.
          const marks = own.map(pid => `-${pid}-${readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[19]}-`);
          assert.deepEqual(readdirSync('/tmp').filter(name => /^(dotnet-diagnostic|clr-debug-pipe)-/.test(name) && marks.some(mark => name.includes(mark))), []);
        });
        test('the page responds at the address in the README', async () => {
          const response = await fetch(`http://localhost:${env.MEET_PORT}/`);
          assert.equal(response.status, 200);
          assert.match(await response.text(), /<div id="root">/);
        });
        test('export prints the objects of the running installation, in a form that kubectl accepts', () => {
          const exported = run('./meet export', 120_000);
          assert.match(exported, /^---\n/, 'standard output contains only YAML');
          const kinds = [...exported.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind);
          for (const kind of ['Namespace', 'Tenant', 'SfuPool']) assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
          for (const kind of ['Pod', 'SfuNode', 'CustomResourceDefinition']) assert.ok(!kinds.includes(kind), `no ${kind} in ${kinds}`);
          const answer = run('./meet export 2>/dev/null | kubectl --kubeconfig .meet/kubeconfig apply --dry-run=server -f -', 120_000);
          assert.match(answer, /^sfupool\.meetoperator\.io\/default \w+ \(server dry run\)$/m);
        });
      }
    }
  }
});
