// Prints how many milliseconds a fixed amount of work takes when every processor does it at the same time. A slow or busy machine takes longer.
// The work is native code, because the same loop in JavaScript took 1.1 s in one process and 7.9 s in the next.
import { pbkdf2Sync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { isMainThread, Worker } from 'node:worker_threads';

if (isMainThread) {
  const started = process.hrtime.bigint();
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map(worker => new Promise(resolve => worker.once('exit', resolve))));
  console.log(Number((process.hrtime.bigint() - started) / 1_000_000n));
} else {
  pbkdf2Sync('secret', 'salt', 900_000, 64, 'sha512');
}
