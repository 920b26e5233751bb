export { CookieJar, getPublicSuffix as registrableDomain, MemoryCookieStore } from 'tough-cookie';
