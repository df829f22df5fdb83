// Prints how many milliseconds a fixed amount of work takes when every processor does it at the same time. A slow or busy machine takes longer.
import { availableParallelism } from 'node:os';
import { isMainThread, Worker } from 'node:worker_threads';

if (isMainThread) {
  const started = process.hrtime.bigint();
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(new URL(import.meta.url)));
  await Promise.all(workers.map(worker => new Promise(resolve => worker.once('exit', resolve))));
  console.log(Number((process.hrtime.bigint() - started) / 1_000_000n));
} else {
  let sum = 0;
  for (let i = 0; i < 1_000_000_000; i++) sum = (sum + i) | 0;
  globalThis.sum = sum;
}
