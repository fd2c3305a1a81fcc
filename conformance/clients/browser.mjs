// Chromium against a listener: argv has its port, the hash of its certificate's key
// and the browser.
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const [port, key, executablePath] = process.argv.slice(2)
const origin = `https://a.test:${port}`
const browser = await chromium.launch({
	executablePath,
	args: [
		'--no-sandbox', // it runs as root
		'--host-resolver-rules=MAP a.test 127.0.0.1',
		`--ignore-certificate-errors-spki-list=${key}`,
		// QUIC takes only certificates of well-known roots, but for the hosts named
		// here. The port is another one, so that nothing is forced: HTTP/3 comes by
		// Alt-Svc.
		'--origin-to-force-quic-on=a.test:1',
		'--enable-quic',
	],
})

async function run(name, test) {
	await test()
	console.log('ok', name)
}

// load loads the page and returns who answered, and by which protocol.
async function load(page) {
	await page.goto(origin, { waitUntil: 'load' })
	return {
		backend: await page.title(),
		protocol: await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol),
	}
}

// talk has the page exchange messages over a WebSocket, and returns the answers.
function talk(page, messages) {
	return page.evaluate(([url, messages]) => new Promise((done, fail) => {
		const socket = new WebSocket(url)
		const answers = []
		socket.onopen = () => messages.forEach(m => socket.send(m))
		socket.onmessage = m => { if (answers.push(m.data) === messages.length) socket.close(1000) }
		socket.onclose = e => e.code === 1000 ? done(answers) : fail(new Error(`closed with ${e.code}`))
	}), [origin.replace('https', 'wss') + '/ws', messages])
}

try {
	await run('WebSocket over HTTP/1.1', async () => {
		const page = await (await browser.newContext()).newPage()
		assert.deepEqual(await talk(page, ['hello']), ['hello'])
		await page.context().close()
	})
	const page = await (await browser.newContext()).newPage()
	let first
	await run('a page over HTTP/2', async () => {
		first = await load(page)
		assert.equal(first.protocol, 'h2')
	})
	await run('WebSocket over HTTP/2, to the backend of the session', async () => {
		const long = 'x'.repeat(1 << 20)
		assert.deepEqual(await talk(page, ['hello', long, 'who']), ['hello', long, first.backend])
	})
	await run('HTTP/3 by Alt-Svc', async () => {
		const end = Date.now() + 20_000
		for (let got = first; got.protocol !== 'h3'; got = await load(page)) {
			assert.ok(Date.now() < end, `still ${got.protocol}`)
			assert.equal(got.backend, first.backend)
		}
	})
	await run('the session stays with its backend over HTTP/3', async () => {
		for (let i = 0; i < 20; i++) {
			const got = await load(page)
			assert.deepEqual(got, { backend: first.backend, protocol: 'h3' })
		}
		const names = await page.evaluate(() => Promise.all(
			Array.from({ length: 50 }, (_, i) => fetch(`/who?${i}`).then(a => a.text()))))
		assert.deepEqual([...new Set(names)], [first.backend])
		// Without trailers: when they end a stream while Chromium (156) waits for more of
		// the body, fetch fails with ERR_CONNECTION_CLOSED. Its log of the network has
		// all of the body, the trailers and the end before that; 2 of 5 answers on a
		// busy machine.
		const body = await page.evaluate(async () => {
			const sent = 'y'.repeat(3 << 20)
			return sent === await (await fetch('/echo', { method: 'POST', body: sent })).text()
		})
		assert.ok(body, 'a body of 3 MiB comes back')
	})
	await run('WebSocket beside HTTP/3, to the same backend', async () => {
		assert.deepEqual(await talk(page, ['who']), [first.backend])
	})
} finally {
	await browser.close()
}
