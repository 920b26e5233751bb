/** JSX by esbuild, as it comes with Vite. @type {import('vite').UserConfig} */
export default {
  esbuild: { jsx: 'automatic' },
  // swarm.js is asked for once the stream plays: it stays a file of its own, as the loader imports it.
  build: { target: 'es2022' },
};
