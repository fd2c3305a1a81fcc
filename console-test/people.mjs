// Who signs in, what they may do, and how they like to work.
import assert from 'node:assert/strict'
import { rootKey } from './site.mjs'
import { signIn, check } from './browser.mjs'
import { test, asRoot, visiting, site, lb, a, certificate } from './stage.mjs'

test('who is not signed in sees nothing, and comes back to where they wanted', () => visiting(async (page) => {
  await page.at('load-balancers?find=shop')
  assert.match(page.url(), /signin\?back=/)
  await page.fill('[name=name]', rootKey.id)
  await page.fill('[name=secret]', 'wrong')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('No such access key or user').waitFor()
  await page.fill('[name=secret]', rootKey.secret)
  await page.keyboard.press('Enter')
  await page.waitForURL(/load-balancers\?find=shop/)
}))

test('a restricted user is refused politely', () => visiting(async (page) => {
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
  assert.equal(await page.locator('main :is(button, a)', { hasText: /Drain|Set|Deactivate|Remove|Release/ }).count(), 0, 'what may not be done is not offered')
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
}))

test('users, keys, policies and the tester', () => asRoot(async (page) => {
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
}))

test('it works with the keyboard', () => asRoot(async (page) => {
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main')
}))

test('it works without JavaScript', () => visiting(async (plain) => {
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
}, { javaScriptEnabled: false }))

test('the theme is chosen and kept', () => asRoot(async (page) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  const light = await background()
  await page.getByRole('button', { name: 'Dark theme' }).click()
  await page.getByRole('button', { name: 'Light theme' }).waitFor()
  const dark = await background()
  assert.notEqual(dark, light)
  await page.at('users')
  assert.equal(await background(), dark)
}, { colorScheme: 'light' }))
