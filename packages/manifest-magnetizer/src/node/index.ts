export { contentCodings } from '../http/content-codings.js';
export { type SplitUrl, splitUserInfo } from '../http/user-info.js';
export {
  checkLiteral,
  ForbiddenAddressError,
  isPublicAddress,
  publicLookup,
  publicLookupBy,
  type ResolveAll,
} from './addresses.js';
export { FileChangedError, type FolderReaderOptions, folderReader, NotInFolderError } from './folder-reader.js';
export { HttpReadError, type HttpReader, type HttpReaderOptions, httpReader } from './http-reader.js';
export { type Middleware, type MiddlewareOptions, magnetizer } from './middleware.js';
export { magnetizeTree, type TreeOptions, type TreeProgress, watchTree } from './tree.js';
