// Threads of processes in Pods. The machine that runs the cluster sees them.
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { until } from './kubectl.mjs';

/** The files of a process or thread disappear when it ends. */
const read = path => readFile(path, 'utf8').catch(() => '');

/** The path in /proc of the thread of a Pod that has this name. */
async function find(pod, name) {
  for (const id of (await readdir('/proc')).filter(one => /^\d+$/.test(one))) {
    if (!(await read(`/proc/${id}/cgroup`)).includes(pod.metadata.uid)) continue;
    for (const thread of await readdir(`/proc/${id}/task`).catch(() => [])) {
      if ((await read(`/proc/${id}/task/${thread}/comm`)).trim() === name) return `/proc/${id}/task/${thread}`;
    }
  }
  throw new Error(`no thread of ${pod.metadata.name} has the name ${name}`);
}

/**
 * Suspends a thread of a Pod where it waits for sockets (`ppoll`), so that it holds neither a lock nor up the garbage collector. The other threads continue, and the process can be
 * killed as usual. The returned function resumes it.
 */
export async function suspendThread(pod, name) {
  const path = await find(pod, name);
  const tracer = spawn('strace', ['-qq', '-o', '/dev/null', '-e', 'trace=ppoll', '-e', 'inject=ppoll:delay_enter=3600s', '-p', path.split('/').at(-1)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  tracer.stderr.on('data', data => { errors += data; });
  tracer.on('error', error => { errors += error.message; });
  await until(async () => errors !== '' || /^TracerPid:\s*[1-9]/m.test(await read(`${path}/status`)), `${name} is traced`, 5_000);
  if (errors !== '') throw new Error(`strace: ${errors.trim()}`);
  return () => tracer.kill();
}
