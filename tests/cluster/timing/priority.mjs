// The computers of the people and the network share the processors of this machine with the cluster nodes. Each has processors of its own in reality, so their share is larger here:
// otherwise, what arrives in time is read late, and the network itself holds packets for up to a third of a second (its kernel threads, ksoftirqd, wait for a processor).
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

/** Nine times the weight of a usual session, and twice that of a cluster node (`make_cgroups` in `parts/nodes.sh`). */
const peopleNice = '-10';
const networkNice = -20;

/** Prefers the processes that this one has started until now, and those that they start. The kernel divides processors among sessions first. */
export async function preferPeople() {
  const all = await processes();
  const ours = new Set();
  for (let found = [process.pid]; found.length > 0; found = all.filter(({ parent, pid }) => ours.has(parent) && !ours.has(pid)).map(({ pid }) => pid)) found.forEach(pid => ours.add(pid));
  await Promise.all([...ours].map(pid => writeFile(`/proc/${pid}/autogroup`, peopleNice).catch(ignoreGone)));
}

/** Prefers the network while `run` runs, and ends what `preferPeople` did to the session of this process. */
export async function withPreferredNetwork(run) {
  const threads = (await processes()).filter(({ name }) => name.startsWith('ksoftirqd/'));
  threads.forEach(({ pid }) => setPriority(pid, networkNice));
  try {
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
