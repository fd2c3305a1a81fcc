// What a person does with the console, in a real browser against a real server.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import net from 'node:net'
import { execFileSync } from 'node:child_process'
import { startSite, rootKey } from './site.mjs'
import { openBrowser, visitor, signIn, check } from './browser.mjs'
import { lookAtEveryPage } from './pages.mjs'

let site, browser, lb, a, b, certificate
const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

before(async () => {
  site = await startSite()
  browser = await openBrowser()
  lb = site.balancer('shop')
  a = await site.backend('a')
  b = await site.backend('b')
  site.add(lb.id, a)
  site.add(lb.id, b, 50)
  certificate = site.upload('shop.test')
  site.call('CreateUser', { UserName: 'alice', DisplayName: 'Alice', Comments: 'on call' })
  site.call('CreateUser', { UserName: 'bob', DisplayName: hostile, Comments: hostile })
  site.call('CreateLoginProfile', { UserName: 'alice', Password: 'correct-horse-battery', PasswordResetRequired: 'true' })
  site.call('CreateLoginProfile', { UserName: 'bob', Password: 'staple-battery-horse' })
  site.call('CreatePolicy', { PolicyName: 'look-only', Description: 'Look, and touch nothing', PolicyDocument: '{"Version":"1","Statement":[{"Effect":"Allow","Action":["ens:Describe*","ens:List*"],"Resource":"*"}]}' })
  site.call('AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: 'look-only', UserName: 'alice' })
})

after(async () => {
  await browser?.close()
  await site?.stop()
})

const root = async (options) => {
  const page = await visitor(browser, site, options)
  await signIn(page, rootKey.id, rootKey.secret)
  await page.waitForURL(site.console)
  return page
}

test('who is not signed in sees nothing, and comes back to where they wanted', async () => {
  const page = await visitor(browser, site)
  await page.at('load-balancers?find=shop')
  assert.match(page.url(), /signin\?back=/)
  await page.fill('[name=name]', rootKey.id)
  await page.fill('[name=secret]', 'wrong')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('No such access key or user').waitFor()
  await page.fill('[name=secret]', rootKey.secret)
  await page.keyboard.press('Enter')
  await page.waitForURL(/load-balancers\?find=shop/)
  await page.context().close()
})

test('a listener is made by the form, with one wrong value first', async () => {
  const page = await root()
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
  assert.match(await error.textContent(), /The specified parameter HealthCheckInterval is invalid\. HealthCheckInterval must be from 1 to 50/)
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
  await page.context().close()
})

test('a backend that is stopped is shown as unhealthy, and comes back', async () => {
  const page = await root()
  await page.at(`load-balancers/${lb.id}`)
  const row = page.locator(`[data-backend="i-b:${b.port}"]`)
  await row.locator('[data-health]:text-is("healthy")').waitFor()
  await b.stop()
  await row.locator('[data-health]:text-is("unhealthy")').waitFor()
  assert.match(await row.locator('[data-reason]').textContent(), /refused/)
  const overview = await root()
  await overview.getByText(`i-b at 127.0.0.1:${b.port}`).waitFor()
  await overview.context().close()
  await b.start()
  await row.locator('[data-health]:text-is("healthy")').waitFor()
  await page.context().close()
})

test('a weight is changed in place, and a wrong one refused', async () => {
  const page = await root()
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
  await page.context().close()
})

test('a backend is drained, and one watches it empty', async () => {
  const page = await root()
  await page.at(`load-balancers/${lb.id}`)
  const rows = [a, b].map((x) => page.locator(`[data-backend="i-${x.name}:${x.port}"]`))
  await rows[0].locator('[data-rate]:not(:text-is("–"))').waitFor()
  const release = await site.hold(lb.address, 8443)
  const held = a.held ? 0 : 1
  await rows[held].locator('[data-active]:text-is("1")').waitFor()
  await rows[held].getByRole('button', { name: 'Drain' }).click()
  await rows[held].locator('[data-drain]:text-is("draining, 1 to end")').waitFor()
  release()
  await rows[held].locator('[data-drain]:text-is("drained")').waitFor()
  await rows[held].locator('[name=weight]').first().fill('100')
  await rows[held].getByRole('button', { name: 'Set' }).click()
  await rows[held].locator('[data-drain]').waitFor({ state: 'detached' })
  await page.context().close()
})

test('traffic moves the numbers and the charts', async () => {
  const page = await root()
  let on = true
  const load = (async () => { while (on) { await Promise.all(['/', '/', '/missing', '/broken'].map((p) => site.get(lb.address, 8443, p))); await new Promise((r) => setTimeout(r, 40)) } })()
  await page.locator('[data-bind=rate]:not(:text-is("–")):not(:text-is("0"))').waitFor()
  await page.locator('.tile.bad [data-bind=errors]').waitFor()
  await page.locator('[data-legend] >> text=/5xx [1-9]/').waitFor()
  on = false
  await load
  await page.context().close()
})

test('a lost connection is told of, and comes back by itself', async () => {
  // The browser talks through a relay that is cut and mended.
  const [host, port] = site.api.split(':')
  const links = new Set()
  const relay = net.createServer((client) => {
    const server = net.connect(Number(port), host)
    links.add(client)
    for (const [from, to] of [[client, server], [server, client]]) {
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => { to.destroy(); links.delete(client) })
    }
  })
  const at = await new Promise((done) => relay.listen(0, '127.0.0.1', () => done(relay.address().port)))
  const page = await visitor(browser, { console: `http://127.0.0.1:${at}/console/` })
  await signIn(page, rootKey.id, rootKey.secret)
  await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
  await new Promise((done) => { relay.close(done); links.forEach((c) => c.destroy()) })
  await page.locator('#offline:not([hidden])').waitFor()
  await new Promise((done) => relay.listen(at, '127.0.0.1', done))
  await page.locator('#offline').waitFor({ state: 'hidden' })
  await page.context().close()
  await new Promise((done) => { relay.close(done); links.forEach((c) => c.destroy()) })
})

test('a restricted user is refused politely', async () => {
  const page = await visitor(browser, site)
  await signIn(page, 'alice', 'correct-horse-battery', 'password')
  await page.waitForURL(/password$/)
  await page.fill('[name=old]', 'correct-horse-battery')
  await page.fill('[name=new]', 'alices-own-password')
  await page.fill('[name=again]', 'alices-own-password')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('The password is changed.').waitFor()
  await page.getByText('your policies do not allow cas:ListUserCertificateOrder').waitFor()
  await page.at(`load-balancers/${lb.id}`)
  await page.locator(`[data-backend="i-a:${a.port}"]`).waitFor()
  assert.equal(await page.getByRole('button', { name: /Drain|Set|Deactivate/ }).count(), 0, 'what may not be done is not offered')
  for (const [to, action] of [['certificates', 'cas:ListUserCertificateOrder'], ['users', 'ram:ListUsers'], ['audit', 'actiontrail:LookupEvents']]) {
    const answer = await page.at(to)
    assert.equal(answer.status(), 403)
    await page.getByText('Your policies do not allow it').waitFor()
    await page.getByText(action, { exact: true }).waitFor()
  }
  await check(page, 'a refusal')
  // Whoever asks all the same is refused by the gateway.
  const refusal = await page.evaluate(async (lb) => {
    const form = new URLSearchParams({ csrf: document.querySelector('[name=csrf]').value, status: 'InActive' })
    return (await (await fetch(`/console/load-balancers/${lb}/status`, { method: 'POST', body: form })).text())
  }, lb.id)
  assert.match(refusal, /You may not do this/)
  assert.equal(site.call('DescribeLoadBalancerAttribute', { LoadBalancerId: lb.id }).LoadBalancerStatus, 'Active')
  await page.context().close()
})

test('users, keys, policies and the tester', async () => {
  const page = await root()
  await page.at('policies/new')
  await page.fill('#document', '{"Version":"1",\n"Statement":[{"Effect":"Perhaps"}]}')
  await page.getByText('Line 2, column').waitFor()
  await page.fill('#document', '{"Version":"1","Statement":[{"Effect":"Deny","Action":"ens:Delete*","Resource":"*"}]}')
  await page.getByText('This is a policy.').waitFor()
  await page.fill('[name=PolicyName]', 'delete-nothing')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/policies\/Custom\/delete-nothing/)
  await page.at('users/alice')
  await page.locator('[name=policy]').first().waitFor({ state: 'attached' })
  await page.getByLabel('Attach a policy').selectOption('Custom delete-nothing')
  await page.getByRole('button', { name: 'Attach' }).click()
  await page.getByText('The policy is attached.').waitFor()
  await page.getByRole('button', { name: 'New access key' }).click()
  const secret = await page.locator('#new-secret').textContent()
  assert.ok(secret.length >= 20)
  await page.at('users/alice')
  assert.equal((await page.content()).includes(secret), false, 'a secret is shown once')
  await page.at('policies/tester?user=alice')
  await page.fill('[name=action]', 'ens:DeleteLoadBalancer')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('Denied').waitFor()
  await page.fill('[name=action]', 'ens:DescribeLoadBalancers')
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('Allowed', { exact: true }).waitFor()
  await page.at('audit?action=CreateAccessKey')
  await page.getByRole('cell', { name: /CreateAccessKey/ }).first().waitFor()
  await page.context().close()
})

test('a certificate is uploaded from files, and too large a file refused', async () => {
  const page = await root()
  const { cert, key } = site.certificate('files.test', 20)
  await page.at('certificates')
  await page.getByText('Upload a certificate').click()
  await page.fill('#f-Name', 'files')
  await page.setInputFiles('[name=CertFile]', cert)
  await page.setInputFiles('[name=KeyFile]', key)
  await page.waitForFunction(() => document.querySelector('#f-Key').value.includes('PRIVATE KEY'))
  await page.getByRole('button', { name: 'Upload' }).click()
  await page.getByText('The certificate is uploaded.').waitFor()
  await page.getByText('No listener serves it.').waitFor()
  await page.at('')
  await page.getByText('expires on').waitFor()
  const status = await page.evaluate(async () => {
    const form = new FormData()
    form.set('csrf', document.querySelector('[name=csrf]').value)
    form.set('CertFile', new Blob([new Uint8Array(2 << 20)]), 'big.pem')
    const answer = await fetch('/console/certificates', { method: 'POST', body: form }).catch(() => undefined)
    return answer ? `${answer.status} ${await answer.text()}` : 'no answer'
  })
  assert.match(status, /^413 [\s\S]*too large/)
  await page.context().close()
})

test('no script runs from a name or a description', async () => {
  const name = '"><svg onload=window.hacked=1>'
  site.call('ModifyLoadBalancerAttribute', { LoadBalancerId: lb.id, LoadBalancerName: hostile })
  const page = await root()
  for (const to of ['', 'load-balancers', `load-balancers/${lb.id}`, `load-balancers/${lb.id}/release`, 'users', 'users/bob', 'policies',
    `certificates?find=${encodeURIComponent(name)}`, `audit?action=${encodeURIComponent(name)}`, `policies/tester?user=${encodeURIComponent(name)}&action=x:y`, `signin?back=${encodeURIComponent(name)}`,
    `load-balancers/${encodeURIComponent(name)}`]) {
    await page.at(to)
    assert.equal(await page.evaluate(() => window.hacked), undefined, to)
  }
  assert.deepEqual(page.faults, [])
  site.call('ModifyLoadBalancerAttribute', { LoadBalancerId: lb.id, LoadBalancerName: 'shop' })
  await page.context().close()
})

test('it works with the keyboard and without JavaScript', async () => {
  const page = await root()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
  await page.context().close()

  const plain = await visitor(browser, site, { javaScriptEnabled: false })
  await signIn(plain, rootKey.id, rootKey.secret)
  await plain.at(`load-balancers/${lb.id}/listeners/https/new`)
  await plain.fill('[name=ListenerPort]', '9443')
  await plain.selectOption('[name=ServerCertificateId]', String(certificate))
  await plain.selectOption('[name=HealthCheck]', 'off')
  await plain.getByRole('button', { name: 'Create' }).click()
  await plain.getByText('The listener is made and started.').waitFor()
  await plain.getByRole('link', { name: 'Delete…' }).click()
  await plain.getByRole('button', { name: 'Delete' }).click()
  await plain.getByText('The listener is deleted.').waitFor()
  await plain.context().close()
})

test('the theme is chosen and kept', async () => {
  const page = await root({ colorScheme: 'light' })
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await page.getByRole('button', { name: 'Light theme' }).waitFor()
  const dark = await background()
  assert.notEqual(dark, light)
  await page.at('users')
  assert.equal(await background(), dark)
  await page.context().close()
})

test('an operation is run in the Explorer, and the code that it shows does the same', async () => {
  const page = await root()
  await page.at('explorer')
  await page.fill('[name=q]', 'caller identity')
  await page.getByRole('link', { name: 'GetCallerIdentity' }).click()
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('#ran .badge:text-is("200")').waitFor()
  await page.getByText('curl', { exact: true }).click()
  const code = await page.locator('pre[data-language=curl]:visible').textContent()
  const env = { ...process.env, ALIBABA_CLOUD_ACCESS_KEY_ID: rootKey.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: rootKey.secret }
  const shown = JSON.parse(await page.locator('#ran pre').first().textContent())
  assert.deepEqual({ ...JSON.parse(execFileSync('sh', ['-c', code], { env, encoding: 'utf8' })), RequestId: 0 }, { ...shown, RequestId: 0 })

  // The code follows what is typed, and an error stands beside its field.
  await page.at('explorer/DescribeLoadBalancers')
  await page.fill('[name=PageSize]', hostile)
  await page.locator('pre[data-language=go]', { hasText: 'window.hacked' }).waitFor()
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('[data-field=PageSize].wrong .error', { hasText: 'PageSize is invalid' }).waitFor()
  assert.equal(await page.evaluate(() => window.hacked), undefined)
  await check(page, 'the Explorer with an error')
  await page.locator('#language-go').focus()
  await page.keyboard.press('ArrowRight')
  await page.locator('pre[data-language=go-darabonba]:visible').waitFor()
  await page.context().close()
})

test('every page in every shape', async () => {
  let on = true
  const load = (async () => { while (on) { await Promise.all(['/', '/', '/', '/missing'].map((p) => site.get(lb.address, 8443, p))); await new Promise((r) => setTimeout(r, 20)) } })()
  await lookAtEveryPage(site, {
    overview: '', 'load-balancers': 'load-balancers', 'load-balancer-new': 'load-balancers/new', 'load-balancer': `load-balancers/${lb.id}`,
    release: `load-balancers/${lb.id}/release`, 'listener-new': `load-balancers/${lb.id}/listeners/https/new`, listener: `load-balancers/${lb.id}/listeners/https/8443`,
    certificates: 'certificates', certificate: `certificates/${certificate}`, users: 'users', user: 'users/alice', policies: 'policies',
    policy: 'policies/Custom/look-only', 'policy-new': 'policies/new', tester: 'policies/tester?user=alice&action=ens:DeleteLoadBalancer', audit: 'audit', explorer: 'explorer', 'explorer-operation': 'explorer/CreateLoadBalancerHTTPSListener', nothing: 'nothing-here',
  })
  on = false
  await load
})
