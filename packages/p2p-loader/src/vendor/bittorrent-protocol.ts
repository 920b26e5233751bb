export { default as Wire } from 'bittorrent-protocol';
