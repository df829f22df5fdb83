import { lazy, Suspense, type ComponentProps } from 'react';

const NetworkCheckDialog = lazy(() => import('./NetworkCheckDialog'));

/** The network check, which is loaded when somebody opens it. */
export function LazyNetworkCheck(props: ComponentProps<typeof NetworkCheckDialog>) {
  return <Suspense fallback={null}><NetworkCheckDialog {...props} /></Suspense>;
}
