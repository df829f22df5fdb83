/** The part of Trusted Types that this page uses; TypeScript does not know it yet. */
interface PolicyFactory {
  createPolicy(name: string, rules: { readonly createScriptURL: (url: string) => string | null }): unknown;
}

/** The workers that the build writes; during development, their sources. */
const worker = /^\/(?:assets\/(?:frame|background)-worker-[\w-]+\.js|@fs\/.+\/features\/e2ee\/frame-worker\.[jt]s|src\/features\/background\/background-worker\.ts)$/;

/** Whether a script may be loaded: only the workers that encrypt frames and change backgrounds, from this origin. */
export function isOwnWorker(url: string, origin: string): boolean {
  const address = URL.parse(url, origin);
  return address !== null && address.origin === origin && worker.test(address.pathname);
}

/** The content security policy of the server lets scripts load scripts only through this policy. */
export function allowOwnWorker(): void {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  trustedTypes?.createPolicy('default', { createScriptURL: url => (isOwnWorker(url, location.origin) ? url : null) });
}
