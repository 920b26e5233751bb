export { type Report, readReport } from './report.js';
