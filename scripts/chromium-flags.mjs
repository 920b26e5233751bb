// @ts-check

/**
 * Off: names instead of addresses in WebRTC's candidates, and the address bar's own pages, of which each window starts two with a process, to
 * load and to collect garbage while viewers are measured.
 */
const DISABLED = ['WebRtcHideLocalIpsWithMdns', 'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup', 'WebUIOmniboxFullPopup'];

/** Keep timers and WebRTC of all viewers going as they would in a visible window, on loopback, without side traffic. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  `--disable-features=${DISABLED.join(',')}`,
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
  '--mute-audio',
];
