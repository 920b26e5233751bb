export { Duplex } from 'streamx';
