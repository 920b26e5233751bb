// @ts-check

/**
 * A magnet link that carries its info dictionary.
 * @param {{ magnet: string, info: Uint8Array }} made
 */
export const withInfo = ({ magnet, info }) => `${magnet}&x.info=${Buffer.from(info).toString('base64url')}`;
