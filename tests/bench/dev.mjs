// dev.mjs [--json]: measures how long a change of one line takes to be seen under `./meet dev`, in a copy of the sources: in an open page, and in a status that a
// controller writes. Median of three. Also checks that Ctrl-C ends everything that was started.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../e2e/support/browser.mjs';
import { freePort } from '../e2e/support/product.mjs';

const ROUNDS = 3;
const START_LIMIT_MS = 900_000;
const LIMIT_MS = 120_000;
const json = process.argv.includes('--json');
const root = new URL('../..', import.meta.url).pathname;
const copy = mkdtempSync(join(tmpdir(), 'meet-dev-'));

/** Waits until the function returns a value. */
async function until(what, limitMs, probe) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    assert.ok(Date.now() < deadline, `not within ${limitMs / 1000} s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

/** The file under the folder that contains the text, which a change replaces. */
function source(folder, text) {
  const [path] = execFileSync('grep', ['-rlF', '--include=*.cs', '--include=*.ts', '--exclude-dir=obj', '--exclude-dir=node_modules', text, folder], { cwd: copy, encoding: 'utf8' }).trim().split('\n');
  return { path: join(copy, path), original: readFileSync(join(copy, path), 'utf8'), text };
}

/** The median time from the change of a line until it is seen. */
async function measure(file, seen) {
  const times = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const started = performance.now();
    writeFileSync(file.path, file.original.replaceAll(file.text, `${file.text} (change ${round})`));
    await until(`change ${round} of ${file.path}`, LIMIT_MS, () => seen(`(change ${round})`));
    times.push((performance.now() - started) / 1000);
  }
  return times.sort((a, b) => a - b)[(ROUNDS - 1) / 2];
}

function print(name, value, limit) {
  console.log(json ? JSON.stringify({ name, value: Number(value.toFixed(2)), unit: 's', peer: limit, ratio: Number((value / limit).toFixed(3)) }) : `${name.padEnd(20)} ${value.toFixed(2)} s (limit ${limit})`);
}

// Everything that `./meet dev` starts, build servers included, has the path of the copy in its environment.
function processes() {
  return readdirSync('/proc').filter(pid => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(copy);
    } catch {
      return false; // it has ended
    }
  });
}

execFileSync('bash', ['-c', 'git ls-files -co --exclude-standard -z | xargs -0 ls -d 2>/dev/null | tar -cf - -T - | tar -xf - -C "$1"', 'copy', copy], { cwd: root });
const port = await freePort();
const { MEET_HOME: _home, KUBECONFIG: _config, ...environment } = process.env;
let output = '';
const dev = spawn('./meet', ['dev'], { cwd: copy, env: { ...environment, MEET_PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
for (const stream of [dev.stdout, dev.stderr]) stream.on('data', data => { output += data; });
const ended = new Promise(resolve => dev.once('exit', resolve));
const browser = await launch();
try {
  await until('./meet dev is ready', START_LIMIT_MS, () => {
    assert.equal(dev.exitCode, null, output);
    return output.includes('Ctrl-C');
  });
  const page = await browser.newPage({ locale: 'en-US' });
  await page.goto(`http://localhost:${port}/`);
  const heading = source('web', 'one link away.');
  await page.getByText(heading.text).waitFor();
  print('dev.page', await measure(heading, mark => page.getByText(mark).isVisible()), 3);

  const tenant = () => execFileSync('kubectl', ['--kubeconfig', join(copy, '.meet/kubeconfig'), 'get', 'tenant', 'default', '-o', 'jsonpath={.status.message}'], { encoding: 'utf8' });
  const message = source('operator', 'owns namespace {wanted}');
  print('dev.controller', await measure(message, mark => tenant().includes(mark)), 10);

  console.error(output.split('\n').filter(line => line.includes('ready after')).join('\n'));

  dev.kill('SIGINT');
  await ended;
  await until('all processes have ended', 10_000, () => processes().length === 0);
} catch (error) {
  console.error(output);
  throw error;
} finally {
  await browser.close();
  dev.kill('SIGTERM');
  await ended;
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
}
