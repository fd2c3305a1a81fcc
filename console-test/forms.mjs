// What a form says of values that are wrong, and what is asked before something ends.
import assert from 'node:assert/strict'
import { check } from './browser.mjs'
import { test, asRoot, underTraffic, site, lb } from './stage.mjs'

test('a form tells all that is wrong, and leads there', () => asRoot(async (page) => {
  await page.at(`load-balancers/${lb.id}/listeners/https/new`)
  await page.fill('[name=ListenerPort]', '70000')
  await page.fill('[name=IdleTimeout]', '61')
  await page.fill('[name=HealthCheckInterval]', '99')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByText('Listener port must be from 1 to 65535.').first().waitFor()
  const focused = () => page.evaluate(() => {
    const at = document.activeElement.getBoundingClientRect()
    return { name: document.activeElement.name, seen: at.top > 0 && at.bottom < innerHeight }
  })
  assert.deepEqual(await focused(), { name: 'ListenerPort', seen: true })
  await page.getByRole('link', { name: 'Health check interval must be from 1 to 50.' }).click()
  assert.deepEqual(await focused(), { name: 'HealthCheckInterval', seen: true })
  assert.equal(await page.inputValue('[name=IdleTimeout]'), '61')
  await check(page, 'a form with errors')
}))

test('stopping asks, and says how much traffic there is', () => asRoot((page) => underTraffic(['/', '/'], async () => {
  await page.at(`load-balancers/${lb.id}/listeners/https/8443`)
  await page.getByRole('link', { name: 'Stop…' }).click()
  await page.getByText(/At this moment it has [0-9.]+ requests a second/).waitFor()
  await check(page, 'a question')
  await page.getByRole('link', { name: 'Cancel' }).click()
  assert.notEqual(site.call('DescribeLoadBalancerHTTPSListenerAttribute', { LoadBalancerId: lb.id, ListenerPort: 8443 }).Status, 'Stopped')
  await page.at(`load-balancers/${lb.id}`)
  await page.getByRole('link', { name: 'Deactivate…' }).click()
  await page.getByText('HTTPS on port 8443').waitFor()
  await page.getByRole('link', { name: 'Cancel' }).click()
  assert.equal(site.call('DescribeLoadBalancerAttribute', { LoadBalancerId: lb.id }).LoadBalancerStatus, 'Active')
})))

test('the last backend, and the Explorer, ask before they stop something', () => asRoot(async (page) => {
  const quiet = site.balancer('quiet')
  site.call('AddBackendServers', { LoadBalancerId: quiet.id, BackendServers: '[{"ServerId":"i-only","Ip":"127.0.0.1","Port":"9"}]' })
  await page.at(`load-balancers/${quiet.id}`)
  await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
  assert.equal(await page.locator('[data-bind=p50]').textContent(), '–', 'no latency is known without a request')
  await page.getByRole('button', { name: 'Drain' }).click()
  await page.getByText('It is the last backend that takes traffic').waitFor()
  await page.at('explorer/ReleaseInstance')
  await page.fill('[name=InstanceId]', quiet.id)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Run ReleaseInstance?').waitFor()
  assert.equal(site.call('DescribeLoadBalancers', { LoadBalancerId: quiet.id }).TotalCount, 1)
  await page.getByRole('button', { name: 'Run it' }).click()
  await page.locator('#ran .badge:text-is("200")').waitFor()
  assert.equal(site.call('DescribeLoadBalancers', { LoadBalancerId: quiet.id }).TotalCount, 0)
}))
