declare module 'create-torrent' {
  export default function createTorrent(
    input: Uint8Array,
    options: object,
    callback: (error: Error | null, torrent: Uint8Array) => void,
  ): void;
}

declare module 'parse-torrent' {
  export default function parseTorrent(torrent: string | Uint8Array): Promise<{ infoHash: string }>;
}

declare module 'm3u8-parser' {
  export class Parser {
    constructor(options?: { readonly uri: string; readonly mainDefinitions: Readonly<Record<string, string>> });
    manifest: unknown;
    push(text: string): void;
    end(): void;
  }
}
