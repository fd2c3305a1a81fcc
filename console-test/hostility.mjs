// Input that means harm, and a connection that breaks.
import assert from 'node:assert/strict'
import net from 'node:net'
import { listen, rootKey } from './site.mjs'
import { signIn } from './browser.mjs'
import { test, asRoot, visiting, site, lb, hostile } from './stage.mjs'

test('a certificate is uploaded from files, and too large a file refused', () => asRoot(async (page) => {
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
}))

test('no script runs from a name or a description', () => asRoot(async (page) => {
  const name = '"><svg onload=window.hacked=1>'
  const query = encodeURIComponent(name)
  site.call('ModifyLoadBalancerAttribute', { LoadBalancerId: lb.id, LoadBalancerName: hostile })
  site.call('SetLoadBalancerHTTPSListenerAttribute', { LoadBalancerId: lb.id, ListenerPort: 8443, Description: name })
  site.call('CreatePolicy', { PolicyName: 'hostile', Description: hostile, PolicyDocument: '{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}' })
  const id = site.upload('hostile.test', 20, name)
  for (const to of ['', 'load-balancers', `load-balancers?find=${query}`, `load-balancers/${lb.id}`, `load-balancers/${lb.id}/release`, `load-balancers/${query}`,
    `load-balancers/${lb.id}/listeners/https/8443`, `load-balancers/${lb.id}/listeners/https/8443/delete`, `load-balancers/${lb.id}/listeners/https/${query}`,
    'users', 'users/bob', `users/${query}`, 'policies', 'policies/Custom/hostile', `policies/tester?user=${query}&action=x:y`,
    'certificates', `certificates?find=${query}`, `certificates/${id}`, `certificates/${id}/delete`,
    `audit?action=${query}`, `explorer?q=${query}`, `explorer/${query}`, `explorer/DescribeLoadBalancers?LoadBalancerName=${query}`, `signin?back=${query}`, `signin?by=${query}`]) {
    await page.at(to)
    // The events of what is live carry names too.
    if (await page.locator('[data-live] [data-bind=rate]').count()) await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
    assert.equal(await page.evaluate(() => window.hacked), undefined, to)
    assert.equal(await page.locator('main :is(script:not([src]), svg[onload], img[onerror])').count(), 0, `${to} has markup that a user entered`)
  }
  assert.deepEqual(page.faults, [])
  site.call('ModifyLoadBalancerAttribute', { LoadBalancerId: lb.id, LoadBalancerName: 'shop' })
  site.call('SetLoadBalancerHTTPSListenerAttribute', { LoadBalancerId: lb.id, ListenerPort: 8443, Description: 'for everybody' })
  site.call('DeleteUserCertificate', { CertId: id })
  site.call('DeletePolicy', { PolicyName: 'hostile' })
}))

test('no path leaves its directory, and no form is taken without its token', () => asRoot(async (page) => {
  const raw = (target, head = '', body = '') => new Promise((done, fail) => {
    const [host, port] = site.api.split(':')
    let answer = ''
    const c = net.connect(Number(port), host, () => c.write(`${body ? 'POST' : 'GET'} ${target} HTTP/1.1\r\nHost: ${site.api}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`))
    c.on('data', (text) => { answer += text })
    c.on('error', fail)
    c.on('close', () => done(answer))
  })
  for (const target of ['/console/static/v/../../../etc/passwd', '/console/static/v/..%2f..%2f..%2f..%2fetc%2fpasswd', '/console/static/v//etc/passwd', '/console/static/v/..%5c..%5csecret', '/console/../../etc/passwd']) {
    const answer = await raw(target)
    assert.doesNotMatch(answer, /root:/, target)
    assert.match(answer, /^HTTP\/1\.1 (30|4)/, target)
  }
  const cookies = (await page.context().cookies()).map((c) => `${c.name}=${c.value}`).join('; ')
  const head = `Cookie: ${cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n`
  for (const body of ['status=InActive', 'csrf=&status=InActive', 'csrf=guessed&status=InActive']) {
    assert.match(await raw(`/console/load-balancers/${lb.id}/status`, head, body), /^HTTP\/1\.1 403/, body)
  }
  assert.match(await raw(`/console/load-balancers/${lb.id}/status`, `${head}Origin: https://elsewhere.test\r\n`, 'status=InActive'), /^HTTP\/1\.1 403/)
  assert.equal(site.call('DescribeLoadBalancerAttribute', { LoadBalancerId: lb.id }).LoadBalancerStatus, 'Active')
}))

// A relay stands between the browser and the server; it can be cut and mended.
async function startRelay(to) {
  const [host, port] = to.split(':')
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
  const at = await listen(relay)
  return {
    console: `http://127.0.0.1:${at}/console/`,
    mend: () => listen(relay, at),
    cut: () => new Promise((done) => { relay.close(done); links.forEach((c) => c.destroy()) }),
  }
}

test('a lost connection is told of, and comes back by itself', async () => {
  const relay = await startRelay(site.api)
  try {
    await visiting(async (page) => {
      await signIn(page, rootKey.id, rootKey.secret)
      await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
      await relay.cut()
      await page.locator('#offline:not([hidden])').waitFor()
      await relay.mend()
      await page.locator('#offline').waitFor({ state: 'hidden' })
    }, {}, relay)
  } finally {
    await relay.cut()
  }
})

test('a server that starts again finds its visitors signed in', () => asRoot(async (page) => {
  await page.locator('[data-bind=rate]:not(:text-is("–"))').waitFor()
  await site.end()
  await page.locator('#offline:not([hidden])').waitFor()
  await site.start()
  await page.locator('#offline').waitFor({ state: 'hidden' })
  await page.at('users')
  assert.equal(await page.title1(), 'Users')
}))
