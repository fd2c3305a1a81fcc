// Listeners, backends and their traffic.
import assert from 'node:assert/strict'
import { check } from './browser.mjs'
import { test, asRoot, underTraffic, site, lb, a, b, certificate } from './stage.mjs'

test('a listener is made by the form, with one wrong value first', () => asRoot(async (page) => {
  await page.at(`load-balancers/${lb.id}`)
  await page.getByRole('link', { name: 'New HTTPS listener' }).click()
  const field = (name) => page.locator(`[name=${name}]`)
  await field('ListenerPort').fill('8443')
  await field('ServerCertificateId').selectOption(String(certificate))

  // Fields appear when their condition holds.
  assert.equal(await field('ForwardPort').isVisible(), false)
  await field('ListenerForward').selectOption('on')
  assert.equal(await field('ForwardPort').isVisible(), true)
  await field('ListenerForward').selectOption('')
  await field('StickySession').selectOption('on')
  await field('StickySessionType').selectOption('insert')
  assert.equal(await field('CookieTimeout').isVisible(), true)
  assert.equal(await field('Cookie').isVisible(), false)
  await field('CookieTimeout').fill('600')

  await field('HealthCheckInterval').fill('99')
  await page.getByRole('button', { name: 'Create' }).click()
  const error = page.locator('.field.wrong .error')
  await error.waitFor()
  assert.equal(await error.textContent(), 'Health check interval must be from 1 to 50.')
  assert.equal(await field('HealthCheckInterval').getAttribute('aria-invalid'), 'true')
  assert.equal(await field('CookieTimeout').inputValue(), '600', 'what was typed stays')
  await check(page, 'the form with an error')

  await field('HealthCheckInterval').fill('1')
  await field('UnhealthyThreshold').fill('2')
  await field('HealthyThreshold').fill('2')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/listeners\/https\/8443/)
  await page.locator('h1 + [data-state]:text-is("Running")').waitFor()
  assert.equal(await site.get(lb.address, 8443), 200)
}))

test('a backend that is stopped is shown as unhealthy, and comes back', () => asRoot(async (page) => {
  await page.at(`load-balancers/${lb.id}`)
  const row = page.locator(`[data-backend="i-b:${b.port}"]`)
  await row.locator('[data-health]:text-is("healthy")').waitFor()
  await b.stop()
  await row.locator('[data-health]:text-is("unhealthy")').waitFor()
  assert.match(await row.locator('[data-reason]').textContent(), /refused/)
  await asRoot((overview) => overview.getByText(`i-b at 127.0.0.1:${b.port}`).waitFor())
  await b.start()
  await row.locator('[data-health]:text-is("healthy")').waitFor()
}))

test('a weight is changed in place, and a wrong one refused', () => asRoot(async (page) => {
  await page.at(`load-balancers/${lb.id}`)
  const row = page.locator(`[data-backend="i-a:${a.port}"]`)
  await row.locator('[name=weight]').first().fill('70')
  const url = page.url()
  await Promise.all([page.waitForResponse(/backends\/weight/), row.getByRole('button', { name: 'Set' }).click()])
  await page.waitForFunction((id) => document.querySelector(`[data-backend="${id}"] [name=weight]`)?.defaultValue === '70', `i-a:${a.port}`)
  const weights = () => Object.fromEntries(site.call('DescribeLoadBalancerAttribute', { LoadBalancerId: lb.id }).BackendServers.map((s) => [s.ServerId, s.Weight]))
  assert.equal(weights()['i-a'], 70)
  await row.locator('[name=weight]').first().evaluate((e) => { e.removeAttribute('max'); e.value = '1000' })
  await row.getByRole('button', { name: 'Set' }).click()
  await row.locator('.error').waitFor()
  assert.equal(weights()['i-a'], 70)
  assert.equal(page.url(), url)
}))

test('a backend is drained, and one watches it empty', () => asRoot(async (page) => {
  await page.at(`load-balancers/${lb.id}`)
  const rows = [a, b].map((x) => page.locator(`[data-backend="i-${x.name}:${x.port}"]`))
  await rows[0].locator('[data-rate]:not(:text-is("–"))').waitFor()
  const release = await site.hold(lb.address, 8443)
  const held = a.held ? 0 : 1
  await rows[held].locator('[data-active]:text-is("1")').waitFor()
  await rows[held].getByRole('button', { name: 'Drain' }).click()
  await rows[held].locator('[data-drain]:text-is("draining, 1 to end")').waitFor()
  release() // who left may only have closed a direction: the answer ends it
  ;[a, b][held].held.end()
  await rows[held].locator('[data-drain]:text-is("drained")').waitFor()
  await rows[held].locator('[name=weight]').first().fill('100')
  await rows[held].getByRole('button', { name: 'Set' }).click()
  await rows[held].locator('[data-drain]').waitFor({ state: 'detached' })
}))

test('traffic moves the numbers and the charts', () => asRoot((page) => underTraffic(['/', '/', '/missing', '/broken'], async () => {
  await page.locator('[data-bind=rate]:not(:text-is("–")):not(:text-is("0"))').waitFor()
  await page.locator('.tile.bad [data-bind=errors]').waitFor()
  await page.locator('[data-legend] >> text=/5xx [1-9]/').waitFor()
})))
