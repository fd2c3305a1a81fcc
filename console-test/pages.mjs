// Every page: axe finds nothing serious, nothing is wider than the screen, no
// script fails. Two shapes have both themes and both widths between them; with
// SHAPES=all it is all four. The pictures are in out/ for people to look at.
import assert from 'node:assert/strict'
import { rootKey } from './site.mjs'
import { signIn, check, shot, shapes } from './browser.mjs'
import { test, visiting, underTraffic, site, lb, certificate, network, eip, layer4 } from './stage.mjs'

const looked = process.env.SHAPES === 'all' ? Object.keys(shapes) : ['desktop-light', 'phone-dark']

const pages = () => ({
  overview: '', 'load-balancers': 'load-balancers', 'load-balancer-new': 'load-balancers/new', 'load-balancer': `load-balancers/${lb.id}`,
  release: `load-balancers/${lb.id}/release`, 'listener-new': `load-balancers/${lb.id}/listeners/https/new`, listener: `load-balancers/${lb.id}/listeners/https/8443`,
  certificates: 'certificates', certificate: `certificates/${certificate}`, users: 'users', user: 'users/alice', policies: 'policies',
  policy: 'policies/Custom/look-only', 'policy-new': 'policies/new', tester: 'policies/tester?user=alice&action=ens:DeleteLoadBalancer', audit: 'audit',
  networks: 'networks', network: `networks/${network}`, 'network-default': 'networks/n-default', 'vswitch-new': `networks/${network}/vswitches/new`, vswitch: 'networks/n-default/vswitches/vsw-default',
  eips: 'eips', eip: `eips/${eip}`, instances: 'instances', instance: 'instances/i-a', groups: 'groups', group: 'groups/operators', roles: 'roles', role: 'roles/deploy',
  'layer4-balancer': `load-balancers/${layer4.id}`, 'tcp-new': `load-balancers/${layer4.id}/listeners/tcp/new`, 'udp-new': `load-balancers/${layer4.id}/listeners/udp/new`,
  'tcp-listener': `load-balancers/${layer4.id}/listeners/tcp/8080`, 'udp-listener': `load-balancers/${layer4.id}/listeners/udp/8053`,
  explorer: 'explorer', 'explorer-operation': 'explorer/CreateLoadBalancerHTTPSListener', nothing: 'nothing-here',
})

// What is wrong of all pages is told at once.
for (const shape of looked) {
  test(`every page, ${shape}`, () => underTraffic(['/', '/', '/', '/missing'], () => visiting(async (page) => {
    const wrong = []
    const look = async (name) => {
      await check(page, `${name} ${shape}`).catch((e) => wrong.push(e.message))
      await shot(page, `${name}-${shape}`)
    }
    await page.at('signin')
    await look('signin')
    await signIn(page, rootKey.id, rootKey.secret)
    await page.waitForURL(site.console)
    for (const [name, to] of Object.entries(pages())) {
      await page.at(to)
      if (await page.locator('[data-live] [data-bind=rate]').count()) {
        await page.locator('[data-live] [data-bind=rate]:not(:text-is("–"))').waitFor()
      }
      if (await page.locator('[data-live] [data-state], [data-backend] [data-active]').count()) await page.waitForTimeout(300) // for the pictures: what is live has moved
      await look(name)
    }
    assert.deepEqual(wrong, [])
  }, shapes[shape])))
}
