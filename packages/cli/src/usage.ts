/** What `--help` prints. */
export const USAGE = `Usage:
  live-torrent -u URL            magnetize a live HLS feed
  live-torrent -f FOLDER [-l]    make a live feed of a folder of segments

Options:
  -u, --url URL          Media or Multivariant Playlist (http, https)
  -f, --folder FOLDER    folder of .ts or fMP4 segments; may still be written to
  -l, --loop             play the folder again from its start, for ever
  -s, --site             serve the demo page (default; -s false or --no-site: not)
  -v, --verbose          print each manifest
  -r, --refresh SECONDS  shortest time between two reloads of an upstream playlist (2)
  -p, --port PORT        port to listen on; 0: any free one (8008)
      --host HOST        address to listen on (127.0.0.1)
      --announce URL     tracker for the playlists (ws, wss), repeatable
                         (the tracker that runs on the same port)
      --ice URL          STUN or TURN server for the demo page, repeatable
                         (none on loopback and private hosts, else public STUN servers)
      --tls-cert FILE    certificate chain, PEM: serve HTTPS; needs --tls-key
      --tls-key FILE     private key, PEM
      --open             open the page in a desktop browser
  -h, --help             print this
      --version          print the version

Exit code: 0 after SIGINT or SIGTERM, 1 on failure, 2 on bad usage.
`;
