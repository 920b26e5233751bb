/** The second is what Chromium 142 to 144 call it. */
const NAMES = ['local-network', 'local-network-access'];

/**
 * Tells the state of the permission to reach the local network, and each change of it; nothing where the browser knows of none. Nobody is asked for it.
 * @returns ends that
 */
export function watchLocalNetwork(
  onState: (state: PermissionState) => void,
  permissions: Pick<Permissions, 'query'> | undefined = globalThis.navigator?.permissions,
): () => void {
  let status: PermissionStatus | undefined;
  let ended = false;
  const look = async (): Promise<void> => {
    for (const name of NAMES) {
      try {
        status = await permissions?.query({ name } as PermissionDescriptor);
        break;
      } catch {
        // Not known under that name.
      }
    }
    if (!status || ended) return;
    const tell = (): void => onState((status as PermissionStatus).state);
    status.onchange = tell;
    tell();
  };
  void look();
  return () => {
    ended = true;
    if (status) status.onchange = null;
  };
}
