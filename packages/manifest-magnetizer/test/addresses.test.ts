import { isPublicAddress } from '../src/node/index.js';

describe('isPublicAddress', () => {
  it.each(['1.1.1.1', '93.184.216.34', '2606:2800:220:1::1', '::ffff:8.8.8.8'])('is true of %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'x',
    '',
  ])('is false of %j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
