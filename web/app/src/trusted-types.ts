/** The part of Trusted Types that this page uses; TypeScript does not know it yet. */
interface PolicyFactory {
  createPolicy(name: string, rules: { readonly createScriptURL: (url: string) => string | null }): unknown;
}

/** The worker that the build writes; during development, its source. */
const worker = /^\/(?:assets\/frame-worker-[\w-]+\.js|@fs\/.+\/features\/e2ee\/frame-worker\.[jt]s)$/;

/** Whether a script may be loaded: only the worker that encrypts frames, from this origin. */
export function isOwnWorker(url: string, origin: string): boolean {
  const address = URL.parse(url, origin);
  return address !== null && address.origin === origin && worker.test(address.pathname);
}

/** The content security policy of the server lets scripts load scripts only through this policy. */
export function allowOwnWorker(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  trustedTypes?.createPolicy('default', { createScriptURL: url => (isOwnWorker(url, location.origin) ? url : null) });
}
