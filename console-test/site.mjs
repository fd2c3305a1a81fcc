// A site is a real server with real backends, a certificate and traffic, for the
// tests to look at through a browser.
import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const binary = fileURLToPath(new URL('../bin/elbow', import.meta.url))

export const rootKey = { id: 'root-key', secret: 'root-secret-of-the-tests' }

// listen lets a server listen and answers its port: the one given, or one that
// nobody has, below those that the kernel gives to outgoing connections. So a
// server that has been closed finds its port free again.
export async function listen(server, port = 0) {
  for (let tries = 100; ; tries--) {
    const at = port || 20000 + Math.floor(Math.random() * 12768)
    try {
      await new Promise((done, fail) => {
        server.once('error', fail)
        server.listen(at, '127.0.0.1', () => { server.off('error', fail); done() })
      })
      return at
    } catch (e) {
      if (port || tries === 0) throw e
    }
  }
}

async function freePort() {
  const probe = net.createServer()
  const port = await listen(probe)
  await new Promise((done) => probe.close(done))
  return port
}

// A Backend answers with its name; it can be stopped and started again.
export class Backend {
  constructor(name) { this.name = name; this.port = 0 }
  async start() {
    this.open = new Set()
    this.server = http.createServer((request, response) => {
      if (request.url.startsWith('/slow')) { this.held = response; response.writeHead(200); response.write('begun\n'); return }
      response.writeHead(request.url === '/missing' ? 404 : request.url === '/broken' ? 500 : 200)
      response.end(`${this.name}\n`)
    })
    this.server.on('connection', (c) => { this.open.add(c); c.on('close', () => this.open.delete(c)) })
    this.port = await listen(this.server, this.port)
  }
  async stop() {
    const closed = new Promise((done) => this.server.close(done))
    this.open.forEach((c) => c.destroy())
    await closed
  }
}

export async function startSite() {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'elbow-console-'))
  const port = await freePort()
  const api = `127.0.0.1:${port}`
  const [second, third] = [192 + Math.floor(Math.random() * 62), 16 * Math.floor(Math.random() * 16)] // no range of the Go tests
  const vswitch = `127.${second}.${third}.0/20`
  const eips = `127.${second}.${(third + 128) % 256}.0/28`
  const env = { ...process.env, ELBOW_ACCESS_KEY_ID: rootKey.id, ELBOW_ACCESS_KEY_SECRET: rootKey.secret, ELBOW_ENDPOINT: `http://${api}`, HOME: dir }
  let child
  let log = ''
  const start = () => new Promise((ready, failed) => {
    child = spawn(binary, ['serve', '-data', path.join(dir, 'data'), '-api', api, '-admin', 'off', '-vswitch', vswitch, '-eip-pool', eips], { env })
    let text = ''
    child.stderr.on('data', (more) => { log += more; text += more; if (text.includes('"msg":"ready"')) ready() })
    child.on('exit', (code) => failed(new Error(`the server ended with ${code}:\n${log}`)))
  })
  const end = () => new Promise((done) => {
    child.removeAllListeners('exit')
    child.once('exit', done)
    child.kill('SIGTERM')
  })
  process.on('exit', () => child?.kill('SIGKILL')) // of tests that end early
  await start()
  const run = (...args) => execFileSync(binary, args, { env, encoding: 'utf8', timeout: 60_000 })
  const call = (operation, params = {}) =>
    JSON.parse(run('call', operation, ...Object.entries(params).flatMap(([name, value]) => [`--${name}`, String(value)])))
  const site = {
    dir, call, start, end, console: `http://${api}/console/`, api, log: () => log, backends: [],
    pem: (name) => readFileSync(path.join(dir, name), 'utf8'),
    // certificate makes a key pair and answers the names of its files.
    certificate(name, days = 90) {
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days),
        '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', path.join(dir, `${name}.key`), '-out', path.join(dir, `${name}.pem`)], { stdio: 'ignore' })
      return { cert: path.join(dir, `${name}.pem`), key: path.join(dir, `${name}.key`) }
    },
    upload(host, days, name = host) {
      const { cert, key } = this.certificate(host, days)
      return call('UploadUserCertificate', { Name: name, Cert: `@${cert}`, Key: `@${key}` }).CertId
    },
    balancer(name) {
      const made = call('CreateLoadBalancer', { EnsRegionId: 'local', LoadBalancerSpec: 'elb.s1.small', NetworkId: 'n-default', VSwitchId: 'vsw-default', PayType: 'PostPaid', LoadBalancerName: name })
      return { id: made.LoadBalancerId, address: call('DescribeLoadBalancerAttribute', { LoadBalancerId: made.LoadBalancerId }).Address }
    },
    async backend(name) {
      const b = new Backend(name)
      await b.start()
      this.backends.push(b)
      return b
    },
    add(lb, backend, weight = 100) {
      call('AddBackendServers', { LoadBalancerId: lb, BackendServers: JSON.stringify([{ ServerId: `i-${backend.name}`, Ip: '127.0.0.1', Port: String(backend.port), Weight: String(weight) }]) })
    },
    // get asks a listener once.
    get: (address, listener, target = '/') => new Promise((done) => {
      const request = https.get({ host: address, port: listener, path: target, rejectUnauthorized: false, agent }, (answer) => {
        answer.resume()
        answer.on('end', () => done(answer.statusCode))
      })
      request.on('error', () => done(0))
      request.setTimeout(30_000, () => request.destroy())
    }),
    // hold begins a request that does not end until release is called.
    hold: (address, listener) => new Promise((done, fail) => {
      const request = https.get({ host: address, port: listener, path: '/slow', rejectUnauthorized: false, agent: false }, (answer) => {
        answer.once('data', () => done(() => request.destroy()))
      })
      request.on('error', fail)
    }),
    async stop() {
      agent.destroy()
      await end()
      for (const b of this.backends) if (b.server.listening) await b.stop()
      rmSync(dir, { recursive: true, force: true })
      if (log.includes('DATA RACE') || log.includes('panic')) throw new Error(`the server reported a fault:\n${log}`)
    },
  }
  const agent = new https.Agent({ keepAlive: true, maxSockets: 8 })
  return site
}
