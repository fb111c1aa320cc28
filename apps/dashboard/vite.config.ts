import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const api = 'http://127.0.0.1:3000'

export default defineConfig({
  base: '/dashboard/',
  plugins: [react(), tailwind()],
  build: {
    target: 'es2023',
    // Every file is one of its own, since the pages may load from their own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': api, '/dashboard/board': api } },
})
