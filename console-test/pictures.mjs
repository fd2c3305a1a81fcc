// The pictures of the README: a small site with some minutes of traffic. Run it as
// node pictures.mjs after make build; it takes six minutes.
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSite, rootKey } from './site.mjs'
import { openBrowser, visitor, signIn, shapes } from './browser.mjs'

const minutes = Number(process.argv[2] ?? 6)
const out = fileURLToPath(new URL('../docs/images', import.meta.url))
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

const site = await startSite()
const names = ['shop', 'api', 'media']
const certificates = [site.upload('shop.test'), site.upload('api.test'), site.upload('media.test', 12)]
const fronts = []
for (const [i, name] of names.entries()) {
  const lb = site.balancer(name)
  const backends = []
  for (const n of [1, 2, 3].slice(0, 3 - (i % 2))) {
    const b = await site.backend(`${name}-${n}`)
    site.add(lb.id, b, n === 3 ? 50 : 100)
    backends.push(b)
  }
  site.call('CreateLoadBalancerHTTPSListener', { LoadBalancerId: lb.id, ListenerPort: 8443, ServerCertificateId: certificates[i], HealthCheck: 'on', HealthCheckInterval: 2, Description: `${name}, for everybody` })
  site.call('StartLoadBalancerListener', { LoadBalancerId: lb.id, ListenerPort: 8443 })
  fronts.push({ lb, backends })
}

// Traffic that rises and falls, with a few errors.
const until = Date.now() + minutes * 60_000
const load = (async () => {
  for (let n = 0; Date.now() < until + 40_000; n++) {
    const wave = 1 + Math.sin(Date.now() / 25_000)
    const asked = fronts.flatMap(({ lb }, i) => Array.from({ length: Math.round((3 - i) * (0.6 + wave)) }, (_, k) =>
      site.get(lb.address, 8443, (n + k) % 23 === 0 ? '/missing' : (n + k) % 97 === 0 ? '/broken' : '/')))
    await Promise.all(asked)
    await pause(60)
  }
})()
// Charts have a point a second from the moment on that somebody looks.
const browser = await openBrowser()
const watcher = await visitor(browser, site, shapes['desktop-light'])
await signIn(watcher, rootKey.id, rootKey.secret)
await watcher.waitForURL(site.console)
await pause(until - Date.now())
await fronts[0].backends[2].stop()
await pause(12_000)

for (const [name, shape, to] of [
  ['console-overview', 'desktop-light', ''],
  ['console-load-balancer', 'desktop-dark', `load-balancers/${fronts[0].lb.id}`],
  ['console-listener', 'desktop-light', `load-balancers/${fronts[0].lb.id}/listeners/https/new`],
  ['console-phone', 'phone-light', `load-balancers/${fronts[0].lb.id}`],
]) {
  const page = await visitor(browser, site, { ...shapes[shape], viewport: shape.startsWith('phone') ? { width: 390, height: 844 } : { width: 1280, height: 860 } })
  await signIn(page, rootKey.id, rootKey.secret)
  await page.waitForURL(site.console)
  await page.at(to)
  if (to === '' || !to.includes('new')) await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
  await pause(2500)
  await page.screenshot({ path: path.join(out, `${name}.png`) })
  await page.context().close()
}
await browser.close()
await load
await site.stop()
