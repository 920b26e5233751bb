/** Packages that are there only where somebody shares a cache. Rejects where they are not. */
export async function loadKeyvRedis() {
  const { default: Keyv } = await import('keyv');
  const { default: KeyvRedis } = await import('@keyv/redis');
  return { Keyv, KeyvRedis };
}
