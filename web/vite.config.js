// How Vite builds the dashboard. Paths between chunks are relative, so the same files work below any path.

/** @type {import('vite').UserConfig} */
export default {
  root: import.meta.dirname,
  base: './',
  logLevel: 'warn',
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    modulePreload: false,
    manifest: 'vite.json',
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: { input: { main: 'main.tsx', icon: 'icon.svg' } },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
}
