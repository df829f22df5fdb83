// dev.mjs: an installation from Debug builds behind the dev server of the page. Changed C# sources are built, and only the parts that contain them are restarted.
// Reads MEET_ROOT, MEET_HOME, MEET_PORT, MEET_LISTEN and MEET_ADVERTISE, as ./meet sets them. Runs in the root of the repository.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readTree } from '../test/tree.mjs';
import { affectedParts, buildTarget, FOLDERS, isSkipped, needsRestore, PARTS } from './parts.mjs';
import { podsOf } from './pods.mjs';
import { endMarked, run, start, stop } from './processes.mjs';
import { watchFolders } from './watch.mjs';

const root = process.env.MEET_ROOT;
const home = process.env.MEET_HOME;
const pagePort = Number(process.env.MEET_PORT);
// The page has MEET_PORT; signaling listens behind it.
const serverPort = pagePort + 1000;
const pageAddress = process.env.MEET_LISTEN || '127.0.0.1';
const page = `http://localhost:${pagePort}`;
const programs = join(home, 'programs');
const hostLog = join(home, 'logs/local.log');

const mark = `MEET_DEV=${process.pid}`;
// Compiler and build servers of this run only, which make a build several times faster, and whose end does not disturb other builds. Analyzers run in ./meet test.
const buildEnvironment = {
  ...process.env,
  MEET_DEV: String(process.pid),
  MSBUILDNODEHANDSHAKESALT: `meet-dev-${process.pid}`,
  MSBUILDDISABLENODEREUSE: '0',
  DOTNET_CLI_USE_MSBUILD_SERVER: '1',
  UseSharedCompilation: 'true',
  SharedCompilationId: `meet-dev-${process.pid}`,
  DOTNET_TieredPGO: '0', // profiling costs more than it saves in a few builds
  RunAnalyzers: 'false',
};

const say = text => console.error(`==> ${text}`);
const seconds = since => `${((Date.now() - since) / 1000).toFixed(1)} s`;

let host = null;
let stopping = null; // while the host restarts
let vite = null;
let ending = false;
let pending = new Set();
let unbuilt = []; // changes whose build failed; they are built again with the next change
let working = false;

// One program is built in the build server itself, because starting more build processes takes longer than they save.
async function build(target, restore) {
  const options = ['-c', 'Debug', '--nologo', '-v', 'quiet', '-clp:NoSummary', '-p:TreatWarningsAsErrors=false'];
  if (!target.endsWith('.slnf')) options.push('-m:1');
  if (!restore) options.push('--no-restore');
  const result = await run('dotnet', ['build', target, ...options], { cwd: root, env: buildEnvironment });
  if (result.code !== 0) console.error(result.text.trim());
  return result.code === 0;
}

// Replaces files instead of writing into them, because running processes have mapped them.
function install(part) {
  const { project, folder } = PARTS[part];
  const [name, target] = [basename(project), join(programs, folder)];
  mkdirSync(target, { recursive: true });
  execFileSync('cp', ['-ru', '--remove-destination', `${join(root, project)}/bin/Debug/net10.0/.`, target]);
  if (part === 'host') {
    rmSync(join(programs, 'crds'), { recursive: true, force: true });
    mkdirSync(join(programs, 'crds'));
    execFileSync('bash', ['-c', 'cp crds/*.yaml "$1"', 'cp', join(programs, 'crds')], { cwd: root });
    return;
  }
  // The host starts this script in place of the program: debuggers can attach, and links lead to the page.
  const variables = `DOTNET_EnableDiagnostics=1${part === 'media-node' ? '' : ` MEET_PUBLIC_URL=${page}`}`;
  const script = join(target, name);
  rmSync(script, { force: true });
  writeFileSync(script, `#!/bin/sh\nexport ${variables}\nexec dotnet "\${0%/*}/${name}.dll" "$@"\n`, { mode: 0o755 });
}

function installPage() {
  mkdirSync(join(programs, 'web'), { recursive: true });
  writeFileSync(join(programs, 'web/index.html'), `<!doctype html><title>MeetOperator</title><p>This is the API. The page is at <a href="${page}">${page}</a>.</p>\n`);
}

async function startHost() {
  const log = openSync(hostLog, 'a');
  rmSync(join(home, 'banner'), { force: true });
  const child = start(join(programs, 'local/MeetOperator.Local'), ['--home', home, '--port', String(serverPort), '--programs', programs], {
    cwd: root, env: { ...process.env, MEET_LISTEN: '127.0.0.1', DOTNET_EnableDiagnostics: '1' }, output: log,
  });
  host = child;
  child.ended.then(code => hostEnded(child, code));
  while (host === child && !existsSync(join(home, 'banner'))) await new Promise(resolve => setTimeout(resolve, 50));
  return host === child;
}

// `./meet down` ends the host with code 0. A host that fails starts again after the next change.
function hostEnded(child, code) {
  if (host !== child) return;
  host = null;
  if (ending) return;
  if (code === 0) return void end(0);
  say(`the host process exited with ${code}; the end of ${hostLog}:`);
  console.error(readFileSync(hostLog, 'utf8').trimEnd().split('\n').slice(-15).join('\n'));
}

async function restart(parts) {
  if (parts.includes('host') || host === null) {
    const running = host;
    host = null;
    stopping = running ? stop(running) : null;
    await stopping;
    if (ending) return false;
    parts.forEach(install);
    return startHost();
  }
  parts.forEach(install);
  const pods = podsOf(join(home, 'kubeconfig'));
  await Promise.all(parts.map(part => pods.restart(part)));
  return true;
}

// One change at a time. What changes meanwhile is built next.
async function changed(paths) {
  for (const path of paths) pending.add(path);
  if (working || ending) return;
  working = true;
  try {
    while (pending.size > 0 && !ending) {
      const burst = [...pending];
      pending = new Set();
      await apply(burst);
    }
  } finally {
    working = false;
  }
}

async function apply(burst) {
  const since = Date.now();
  const paths = [...new Set([...unbuilt, ...burst])];
  let projects;
  try {
    ({ projects } = readTree(root));
  } catch (error) {
    unbuilt = paths; // for example a folder that a checkout removes at this moment; the next change builds it
    return say(error.message);
  }
  const parts = affectedParts(paths, projects);
  if (parts.length === 0) return;
  const sources = paths.filter(path => affectedParts([path], projects).length > 0);
  say(`${sources.length === 1 ? sources[0] : `${sources.length} files`} changed; building ${parts.join(', ')}`);
  unbuilt = await build(buildTarget(parts), needsRestore(paths)) ? [] : paths;
  if (unbuilt.length > 0) return say('the build failed; the previous build keeps running');
  const built = seconds(since);
  try {
    if (await restart(parts)) say(`${parts.join(', ')}: built after ${built}, ready after ${seconds(since)}`);
  } catch (error) {
    if (!ending) say(error.message);
  }
}

/** Whether another host process uses this home. */
function isRunning() {
  try {
    return readFileSync(`/proc/${readFileSync(join(home, 'local.pid'), 'utf8').trim()}/cmdline`, 'utf8').split('\0').includes(home);
  } catch {
    return false; // no file, or the process has ended
  }
}

const responds = () => fetch(`http://${pageAddress === '0.0.0.0' ? '127.0.0.1' : pageAddress}:${pagePort}/`).then(response => response.ok, () => false);

async function end(code) {
  if (ending) return;
  ending = true;
  if (vite) await stop(vite);
  await stopping;
  if (host) await stop(host);
  endMarked(mark);
  process.exit(code);
}

async function main() {
  mkdirSync(join(home, 'logs'), { recursive: true });
  const since = Date.now();
  say('building (Debug)');
  if (!await build('tools/products.slnf', true)) return end(1);
  say(`built in ${seconds(since)}`);
  if (isRunning()) {
    say(`${home} has been started meanwhile; stop it with ./meet down`);
    return end(1);
  }
  rmSync(programs, { recursive: true, force: true }); // without its stamp, so that `./meet up` installs its own build again
  Object.keys(PARTS).forEach(install);
  installPage();
  if (!await startHost()) return end(1);
  vite = start(process.execPath, [join(root, 'web/node_modules/vite/bin/vite.js'), '--host', pageAddress, '--port', String(pagePort), '--strictPort', '--clearScreen', 'false'], {
    cwd: join(root, 'web/app'), env: { ...process.env, MEET_URL: `http://127.0.0.1:${serverPort}` },
  });
  vite.ended.then(code => { if (!ending) { say(`the dev server of the page exited with ${code}`); end(1); } });
  while (!ending && !await responds()) await new Promise(resolve => setTimeout(resolve, 50));
  watchFolders(root, FOLDERS, isSkipped, paths => { changed(paths); });
  console.log(`
Meetings:    ${page}   (pages and C# sources reload)
Kubernetes:  export KUBECONFIG=${join(home, 'kubeconfig')}
Logs:        ./meet logs operator   (also signaling, media-node, api-server; -f follows)
Stop:        Ctrl-C
`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { end(signal === 'SIGTERM' ? 0 : 130); });
for (const failure of ['uncaughtException', 'unhandledRejection']) process.on(failure, error => { say(error.message); end(1); });
await main();
