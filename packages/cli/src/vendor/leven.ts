export { closestMatch } from 'leven';
