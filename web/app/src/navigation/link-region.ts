/** The region in a link of a tenant's own application. */
export function linkRegion(): string | undefined {
  const region = new URLSearchParams(location.search).get('region');
  return region === null || region === '' ? undefined : region;
}
