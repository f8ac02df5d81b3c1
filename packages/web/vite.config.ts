import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm run dev` in this folder sends what is not a page: a server started with `npm start`. */
const server = 'http://127.0.0.1:8420';

/** The server refuses what does not come from its own pages. */
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  base: '/console/',
  plugins: [react()],
  css: { transformer: 'lightningcss' },
  build: {
    manifest: true,
    // Nothing inline: the pages' policy allows neither inline scripts nor data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5173,
    proxy: {
      '/console/config.json': proxied,
      ...Object.fromEntries(
        ['/account', '/auth', '/v1', '/assets', '/api', '/admin'].map((path) => [`${path}/`, proxied]),
      ),
    },
  },
});
