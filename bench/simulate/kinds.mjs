/** What can happen to a viewer. */
export const LISTED = 0;
export const TICK = 1;
export const NEW = 2;
export const FETCHING = 3;
export const PART = 4;
export const HAVE = 5;
export const WANT = 6;
export const NO = 7;
export const DATA = 8;
export const DONE = 9;
export const ORIGIN = 10;
export const LIE = 11;
export const LEAVE = 12;
export const JOIN = 13;
export const LINKED = 14;
