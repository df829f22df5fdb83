// Processes that end with this one. Each has its own session, so that Ctrl-C in the terminal reaches only this process, which ends them in order.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Starts a program that the kernel ends when this process dies. `output`: 'inherit', 'pipe' or an open file. */
export function start(command, args, { cwd, env, output = 'inherit' }) {
  const child = spawn('/usr/bin/setpriv', ['--pdeathsig', 'TERM', '--', command, ...args], { cwd, env, stdio: ['ignore', output, output], detached: true });
  child.ended = new Promise(resolve => {
    child.once('error', () => resolve(127));
    child.once('exit', (code, signal) => resolve(code ?? `signal ${signal}`));
  });
  return child;
}

/** Runs a program and returns its exit code and output. */
export async function run(command, args, options) {
  const child = start(command, args, { ...options, output: 'pipe' });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', data => { text += data; });
  return { code: await child.ended, text };
}

/** Sends SIGTERM to the process, and SIGKILL to its session after the limit. */
export async function stop(child, limitMs = 15_000) {
  if (child.exitCode === null && child.signalCode === null && child.pid) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limitMs);
    await child.ended;
    clearTimeout(timer);
  }
}

/** Ends every process with this line in its environment, such as compiler servers, which leave the session of the build that starts them. */
export function endMarked(line) {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(line)) process.kill(Number(pid), 'SIGTERM');
    } catch {
      continue; // the process has ended, or it belongs to another user
    }
  }
}
