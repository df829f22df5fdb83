// In a measurement, the people and the network share the processors of one machine with the cluster nodes. Elsewhere they have processors of their own, so they get a larger share here.
// Without it, people read late what has arrived in time, and packets wait for the threads of the kernel that deliver them (ksoftirqd), which wait for a processor.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** Nine times the weight of a usual session, and twice that of a cluster node (`make_cgroups` in `parts/nodes.sh`). */
const peopleNice = '-10';
const networkNice = -20;

/** Gives a larger share to the sessions of this process and of those that it has started so far. The kernel divides processors among sessions first, and among their processes afterwards. */
export async function preferPeople() {
  const all = await processes();
  const childrenOf = pid => all.filter(({ parent }) => parent === pid).flatMap(child => [child.pid, ...childrenOf(child.pid)]);
  await Promise.all([process.pid, ...childrenOf(process.pid)].map(pid => writeFile(`/proc/${pid}/autogroup`, peopleNice).catch(ignoreGone)));
}

/** Gives a larger share to people and network while `run` runs. People whose processes start later need `preferPeople`. */
export async function withPreference(run) {
  const threads = (await processes()).filter(({ name }) => name.startsWith('ksoftirqd/'));
  try {
    threads.forEach(({ pid }) => setPriority(pid, networkNice));
    await preferPeople();
    return await run();
  } finally {
    threads.forEach(({ pid }) => setPriority(pid, 0));
    await writeFile('/proc/self/autogroup', '0').catch(ignoreGone);
  }
}

async function processes() {
  const ids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const read = await Promise.all(ids.map(async id => {
    const line = await readFile(`/proc/${id}/stat`, 'utf8').catch(ignoreGone);
    // The name is in parentheses and may contain spaces.
    return line && { pid: Number(id), name: line.slice(line.indexOf('(') + 1, line.lastIndexOf(')')), parent: Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[1]) };
  }));
  return read.filter(Boolean);
}

/** The process has ended, or the kernel does not group processes by session. */
function ignoreGone(error) {
  if (!['ENOENT', 'ESRCH'].includes(error.code)) throw error;
}
