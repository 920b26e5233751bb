/** Lower-case hexadecimal. */
export { bytesToHex as toHex } from '@noble/hashes/utils.js';
