/** What `--help` prints. */
export const USAGE = `Usage:
  live-torrent [-u] URL          magnetize a live HLS feed
  live-torrent [-f] FOLDER [-l]  make a live feed of a folder of segments, or of a film
  live-torrent magnetize PLAYLIST --out FOLDER
                                 annotate static playlists; see magnetize --help
  live-torrent estimate --viewers N --bitrate MBIT --price PER_GB
                                 what it saves; see estimate --help
  live-torrent help -u URL       view without a screen, and give; see help --help
  live-torrent tracker           a tracker alone; see tracker --help

Options:
  -u, --url URL          Media or Multivariant Playlist (http, https)
  -f, --folder FOLDER    folder of .ts, fMP4, .aac or .vtt segments; may still be written to.
                         Or a film, any file that ffmpeg reads
  -l, --loop             play it again from its start, for ever
  -s, --site             serve the demo page (default; -s false or --no-site: not)
  -v, --verbose          print each manifest
  -r, --refresh SECONDS  shortest time between two reloads of an upstream playlist (2)
      --wait             wait for an upstream that cannot be reached yet, or has no feed yet
      --parts            of Low-Latency HLS, viewers give each other parts as well as whole segments
      --header NAME:VALUE
                         a header for the upstream, repeatable: Referer, User-Agent, Authorization, Cookie
      --cache URL        Redis in which several processes of the feed share hashes:
                         redis://HOST:PORT, rediss:; needs the packages keyv and @keyv/redis
      --allow-host HOST  another host that may have a private address, HOST or HOST:PORT, repeatable
                         (the upstream's own, on its port)
  -p, --port PORT        port to listen on; 0: any free one (8008)
      --host HOST        address to listen on (127.0.0.1)
      --public-url URL   what viewers open, where that is a proxy's address: https://tv.example
                         (the host that a viewer's request names)
      --announce URL     tracker for the playlists (ws, wss), repeatable
                         (the tracker that runs on the same port)
      --tracker-secret SECRET
                         only viewers with a token signed with it reach the tracker;
                         the demo page gets one
      --ice URL          STUN or TURN server for the demo page, repeatable: stun:HOST:PORT,
                         turn:USER:PASSWORD@HOST:PORT, stuns: and turns:, ?transport=tcp
                         (none on loopback and private hosts, else public STUN servers)
      --tls-cert FILE    certificate chain, PEM: serve HTTPS; needs --tls-key
      --tls-key FILE     private key, PEM
      --open             open the page in a desktop browser
  -h, --help             print this
      --version          print the version

Exit code: 0 after SIGINT or SIGTERM, 1 on failure, 2 on bad usage.
`;

/** What `magnetize --help` prints. */
export const MAGNETIZE_USAGE = `Usage:
  live-torrent magnetize PLAYLIST --out FOLDER [--watch]

Annotates all playlists below the folder of PLAYLIST, or below the folder given instead, into
another folder, at the same paths. Segments stay where they are; the input is never written to.

Options:
  -o, --out FOLDER       folder for the annotated playlists; outside the input
  -w, --watch            go on, and annotate again each playlist that changes
      --announce URL     tracker for the playlists (ws, wss), repeatable
      --stream NAME      one stream for all playlists; the same on other origins of it
                         (each Multivariant Playlist its own, named by its URL)
      --base-url URL     where the folder is served (http, https); absolute URIs and paths
                         in playlists are looked up by it (this machine and the path)
  -h, --help             print this

Exit code: 0 when all is annotated, or after SIGINT or SIGTERM with --watch; 1 on failure, segments
that cannot be read included; 2 on bad usage.
`;

/** What `estimate --help` prints. */
export const ESTIMATE_USAGE = `Usage:
  live-torrent estimate --viewers N --bitrate MBIT --price PER_GB [--hours H] [--share PERCENT]

Says what the viewers of a live stream take from the origin and from each other, and what the
origin's bytes cost with and without that.

Options:
      --viewers N        who watch one rendition at the same time
      --bitrate MBIT     of the rendition, Mbit/s
      --price PER_GB     of a GB (10^9 bytes) from the origin, in any currency
      --hours H          how long each of them watches (1)
      --share PERCENT    of the bytes that come from peers, as shadow mode measures it
                         (the most that can be had)
  -h, --help             print this

Exit code: 0, or 2 on bad usage.
`;

/** What `help --help` prints. */
export const HELP_USAGE = `Usage:
  live-torrent help -u URL [--rate MBIT] [--memory MB] [--renditions all|highest|N]
  live-torrent help -u URL --viewers N --seconds S --report

Joins the mesh of a magnetized playlist as a viewer without a screen, holds its live window, and
gives it to those who watch. With --viewers it is an audience: would our viewers carry it?
How to use live-torrent itself: live-torrent --help

Options:
  -u, --url URL          Media or Multivariant Playlist with magnet links (http, https)
      --renditions WHICH all, highest, or so many from the highest on down (highest)
      --all              hold a recording whole, as far as --memory goes
      --rate MBIT        most that is given, Mbit/s (no limit)
      --memory MB        segments held (256)
      --announce URL     tracker (ws, wss), repeatable (those that the playlist names)
      --secret SECRET    tokens for the tracker are signed with it: that of --tracker-secret
      --ice URL          STUN or TURN server, repeatable, as for live-torrent itself
      --header NAME:VALUE
                         a header for the playlist's own origin, repeatable
      --group NAME       it takes from viewers of this group first, and gives to them
      --group-rule RULE  prefer, or only: no viewer of other groups is met (prefer)
      --viewers N        an audience instead: viewers in one process
      --seconds S        end after this time (when the stream ends, or at SIGINT or SIGTERM)
      --report           print a table at the end: copies, share, late segments, links
      --json             print statistics as a line of JSON each second
  -h, --help             print this

Exit code: 0 when the stream or the time is over, or after SIGINT or SIGTERM; 1 on failure; 2 on
bad usage.
`;

/** What `tracker --help` prints. */
export const TRACKER_USAGE = `Usage:
  live-torrent tracker [--stream STREAM] [--secret SECRET]

A WebTorrent tracker: viewers of a stream find each other through it. It takes any stream, or those
that are named.

Options:
      --stream STREAM    a stream that is served, repeatable: the URL of its playlist, the name that the
                         origin gives it, or the id in the second line of its playlists (any stream)
      --secret SECRET    only viewers with a token signed with it
      --connections N    at a time, 1 to 100000 (100000)
  -p, --port PORT        port to listen on; 0: any free one (8008)
      --host HOST        address to listen on (127.0.0.1)
      --tls-cert FILE    certificate chain, PEM: serve wss:; needs --tls-key
      --tls-key FILE     private key, PEM
  -h, --help             print this

Exit code: 0 after SIGINT or SIGTERM, 1 on failure, 2 on bad usage.
`;
