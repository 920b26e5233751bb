import { CLIENT_LIMIT, ClientTables, SOURCE_LIMIT, URL_COUNT_LIMIT } from '../src/client-tables.js';
import { TABLE_LIMIT } from '../src/protocol.js';

const urls = (count: number, prefix = ''): string[] =>
  Array.from({ length: count }, (_, n) => `https://a.example/${prefix}${n}`);

describe('ClientTables', () => {
  it('keeps at most CLIENT_LIMIT clients and forgets the one that was idle longest', () => {
    const tables = new ClientTables();
    for (let n = 0; n < CLIENT_LIMIT; n++) tables.replace(`client ${n}`, 's', 1, ['u']);
    tables.find('client 0', 'u');
    tables.replace('one more', 's', 1, ['u']);
    expect(tables.knows('client 0')).toBe(true);
    expect(tables.knows('client 1')).toBe(false);
  });

  it('keeps at most URL_COUNT_LIMIT URLs, and always those of the client that speaks', () => {
    const tables = new ClientTables();
    const clients = URL_COUNT_LIMIT / TABLE_LIMIT + 1;
    for (let n = 0; n < clients; n++) tables.replace(`client ${n}`, 's', 1, urls(TABLE_LIMIT));
    expect(tables.knows('client 0')).toBe(false);
    expect(tables.knows('client 1')).toBe(true);
    expect(tables.knows(`client ${clients - 1}`)).toBe(true);
  });

  it('keeps at most SOURCE_LIMIT loaders of a page', () => {
    const tables = new ClientTables();
    for (let n = 0; n <= SOURCE_LIMIT; n++) tables.replace('client', `source ${n}`, 1, [`url ${n}`]);
    expect(tables.find('client', 'url 0')).toBeUndefined();
    expect(tables.find('client', `url ${SOURCE_LIMIT}`)?.source).toBe(`source ${SOURCE_LIMIT}`);
  });

  it('refuses an update that makes a table longer than TABLE_LIMIT', () => {
    const tables = new ClientTables();
    tables.replace('client', 's', 1, urls(TABLE_LIMIT));
    expect(tables.update('client', 's', 2, urls(1, 'more'), [])).toBe(false);
  });

  it('keeps the empty table of a loader that has no segments yet, and forgets a loader that has ended', () => {
    const tables = new ClientTables();
    tables.replace('client', 's', 1, []);
    expect(tables.hasLoader('client')).toBe(true);
    expect(tables.update('client', 's', 2, ['u'], [])).toBe(true);
    tables.end('client', 's');
    expect(tables.find('client', 'u')).toBeUndefined();
    expect([tables.hasLoader('client'), tables.knows('client')]).toEqual([false, true]);
  });
});
