// What the tests do with a browser: sign in, look, ask axe.
import { chromium } from 'playwright-core'
import { readFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const out = fileURLToPath(new URL('out', import.meta.url))
mkdirSync(out, { recursive: true })

export const openBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'],
})

export const shapes = {
  'desktop-light': { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  'desktop-dark': { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  'phone-light': { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
}

// visitor is a page of a fresh browser profile that notes every fault of a script
// and everything that the Content-Security-Policy had to block.
export async function visitor(browser, site, options = {}) {
  const context = await browser.newContext({ timezoneId: 'UTC', locale: 'en-GB', ...options })
  const page = await context.newPage()
  page.faults = []
  page.on('pageerror', (e) => page.faults.push(e.message))
  page.on('console', (m) => { if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) page.faults.push(m.text()) })
  page.at = (to) => page.goto(site.console + to)
  page.title1 = () => page.locator('h1').first().textContent()
  return page
}

export async function signIn(page, name, secret, by = '') {
  await page.at(`signin${by ? `?by=${by}` : ''}`)
  await page.fill('[name=name]', name)
  await page.fill('[name=secret]', secret)
  await page.click('button.primary')
}

// check runs axe on the page as it is. It is put in by the debugger, not by the
// page, whose policy would refuse it.
export async function check(page, name) {
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const serious = found.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
  assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join('; ')}`), [], `axe on ${name}`)
  assert.deepEqual(page.faults, [], `faults on ${name}`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${name} is ${wide} pixels wider than the screen`)
  const beside = await page.evaluate(() => [...document.querySelectorAll('table.cards :is(a, button, input, summary)')]
    .filter((e) => { const at = e.getBoundingClientRect(); return innerWidth <= 640 && at.width > 0 && (at.left < 0 || at.right > innerWidth) }).map((e) => e.outerHTML))
  assert.deepEqual(beside, [], `${name} has what can be done beside the screen`)
}

export const shot = (page, name) => page.screenshot({ path: path.join(out, `${name}.png`), fullPage: true })
