// The API Explorer, and the code that it shows.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { binary, rootKey } from './site.mjs'
import { check } from './browser.mjs'
import { test, asRoot, site, lb, hostile } from './stage.mjs'

const run = promisify(execFile)

// execute runs code as somebody who has copied it would: the key is in the
// environment and the program in the path.
async function execute(language, code) {
  const env = { ...process.env, ALIBABA_CLOUD_ACCESS_KEY_ID: rootKey.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: rootKey.secret, PATH: `${path.dirname(binary)}:${process.env.PATH}` }
  if (language !== 'go') return JSON.parse((await run('sh', ['-c', code], { env })).stdout)
  // The module of this repository requires the SDK that the code imports.
  const file = path.join(site.dir, 'main.go')
  writeFileSync(file, code)
  return JSON.parse((await run('go', ['run', file], { env: { ...env, CGO_ENABLED: '0' }, cwd: path.dirname(path.dirname(binary)) })).stdout)
}

test('an operation is run in the Explorer, and the code that it shows does the same', () => asRoot(async (page) => {
  await page.at('explorer')
  await page.fill('[name=q]', 'load balancer attribute')
  await page.getByRole('link', { name: 'DescribeLoadBalancerAttribute' }).click()
  await page.fill('[name=LoadBalancerId]', lb.id)
  await page.getByRole('button', { name: 'Run' }).click()
  await page.locator('#ran .badge:text-is("200")').waitFor()
  const shown = JSON.parse(await page.locator('#ran pre').first().textContent())
  assert.equal(shown.LoadBalancerId, lb.id)
  for (const [language, title] of [['curl', 'curl'], ['elbow', 'elbow call'], ['go', 'Go (alibaba-cloud-sdk-go)']]) {
    await page.getByText(title, { exact: true }).click()
    await page.locator(`pre[data-language=${language}]:visible`, { hasText: lb.id }).waitFor()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const answer = await execute(language, await page.evaluate(() => navigator.clipboard.readText()))
    assert.deepEqual({ ...answer, RequestId: 0 }, { ...shown, RequestId: 0 }, language)
    await page.getByRole('button', { name: 'Copy', exact: true }).waitFor()
  }
}, { permissions: ['clipboard-read', 'clipboard-write'] }))

test('the code follows what is typed, and an error stands beside its field', () => asRoot(async (page) => {
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
}))
