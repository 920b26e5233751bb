export { Agent, buildConnector, type Dispatcher, request } from 'undici';
