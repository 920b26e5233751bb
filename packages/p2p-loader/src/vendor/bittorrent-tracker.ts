export { default as TrackerClient } from 'bittorrent-tracker/client';
