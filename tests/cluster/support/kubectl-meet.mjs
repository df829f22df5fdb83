// `kubectl meet` on this machine, outside the cluster, as the build of the images has published it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../obj/meet/artifacts/publish/MeetOperator.KubectlMeet/release_linux-x64/kubectl-meet', import.meta.url));

/** Starts `kubectl meet`. `ended` has the exit code and what it printed. */
export function startKubectlMeet(...args) {
  let child;
  const ended = new Promise((resolve, reject) => {
    child = execFile(program, args, { env: { KUBECONFIG: '/run/meet-cluster/admin.kubeconfig', ...process.env }, timeout: 120_000 }, (error, out, err) =>
      (error && typeof error.code !== 'number' ? reject(new Error(`${error.message} ${err}`)) : resolve({ code: error?.code ?? 0, out, err })));
  });
  return { child, ended };
}

export const kubectlMeet = (...args) => startKubectlMeet(...args).ended;
