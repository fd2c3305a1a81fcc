// The stage: one server with a load balancer, two backends, users and a policy,
// and one browser, for all tests. What a test changes it leaves as the others
// expect it.
import { test as nodeTest, before, after } from 'node:test'
import { startSite, rootKey } from './site.mjs'
import { openBrowser, visitor, signIn } from './browser.mjs'

export let site, browser, lb, a, b, certificate, network, eip, layer4 // once before has run

export const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

// test is a test that ends, if nothing else ends it, after three minutes: the
// longest takes one on a machine that does much else.
export const test = (name, run) => nodeTest(name, { timeout: 180_000 }, run)

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
  network = site.call('CreateNetwork', { EnsRegionId: 'local', CidrBlock: '10.99.0.0/16', NetworkName: 'shops', Description: hostile }).NetworkId
  eip = site.call('CreateEipInstance', { EnsRegionId: 'local', InstanceChargeType: 'PostPaid', InternetChargeType: '95BandwidthByMonth', Name: hostile }).AllocationId
  site.call('RegisterInstance', { InstanceId: 'i-a', PrivateIpAddress: '127.0.0.1', InstanceName: hostile })
  site.call('RegisterInstanceRange', { CidrBlock: '10.9.0.0/16' })
  site.call('TagResources', { ResourceType: 'slb', ResourceId: lb.id, Tag: 'owner=edge' })
  site.call('CreateGroup', { GroupName: 'operators', Comments: hostile })
  site.call('AddUserToGroup', { UserName: 'alice', GroupName: 'operators' })
  site.call('AttachPolicyToGroup', { PolicyType: 'Custom', PolicyName: 'look-only', GroupName: 'operators' })
  site.call('CreateRole', { RoleName: 'deploy', Description: hostile, AssumeRolePolicyDocument: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1:root"]}}]}' })
  site.call('AttachPolicyToRole', { PolicyType: 'Custom', PolicyName: 'look-only', RoleName: 'deploy' })
  layer4 = site.balancer('layer4')
  site.add(layer4.id, a)
  site.call('CreateLoadBalancerTCPListener', { LoadBalancerId: layer4.id, ListenerPort: 8080 })
  site.call('CreateLoadBalancerUDPListener', { LoadBalancerId: layer4.id, ListenerPort: 8053 })
  for (const [ListenerProtocol, ListenerPort] of [['tcp', 8080], ['udp', 8053]]) site.call('StartLoadBalancerListener', { LoadBalancerId: layer4.id, ListenerPort, ListenerProtocol })
}, { timeout: 180_000 })

after(async () => {
  await browser?.close()
  await site?.stop()
}, { timeout: 120_000 })

// visiting plays with a page of a fresh browser profile, and closes it whatever
// happens.
export async function visiting(play, options, at = site) {
  const page = await visitor(browser, at, options)
  try {
    await play(page)
  } finally {
    await page.context().close()
  }
}

// asRoot is visiting for who has signed in with the root key.
export const asRoot = (play, options) => visiting(async (page) => {
  await signIn(page, rootKey.id, rootKey.secret)
  await page.waitForURL(site.console)
  await play(page)
}, options)

// underTraffic plays while the listener on port 8443 is asked for all of the
// targets at once, again and again. The traffic ends whatever happens: a loop
// that nobody ends would keep the process for ever.
export async function underTraffic(targets, play) {
  let on = true
  const traffic = (async () => {
    while (on) {
      await Promise.all(targets.map((target) => site.get(lb.address, 8443, target)))
      await new Promise((done) => setTimeout(done, 30))
    }
  })()
  try {
    await play()
  } finally {
    on = false
    await traffic
  }
}
