// The entry of the dashboard.
//
//   config.ts      what the server has written into the page
//   router.ts      which page the URL names
//   api.ts         calls of the HTTP API · json.ts: numbers with all their digits
//   live.ts        when pages ask again · resource.ts: what they ask for · stream/: what arrives by itself
//   settings.ts    what the user has chosen, kept in this browser
//   format.ts      times and numbers · strings.en.ts: all texts
//   search/        the search box and its completion
//   parts/         what pages are made of · chart/: charts
//   pages/         a file for each page
//   styles/        tokens first
import { render } from 'preact'
import { config } from './config.ts'
import { startLive } from './live.ts'
import { Pages } from './pages/index.tsx'
import { startKeys } from './parts/keys.tsx'
import { startRouter } from './router.ts'
import './styles/index.css'

if (config.accent) document.documentElement.style.setProperty('--accent-base', config.accent)
startRouter()
startLive()
startKeys()

// Its address is relative to the page, which changes.
for (const icon of document.querySelectorAll<HTMLLinkElement>('link[rel=icon]')) icon.href = new URL(icon.href).href

const app = document.getElementById('app')
if (app) render(<Pages />, app)
