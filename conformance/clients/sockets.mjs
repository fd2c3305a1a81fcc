// The ws package and Node's http2 client against a listener: argv has its port and
// the file of its certificate.
import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http2 from 'node:http2'
import WebSocket from 'ws'

const [port, certificate] = process.argv.slice(2)
const trust = { ca: fs.readFileSync(certificate), servername: 'a.test' }

async function open(options) {
	const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, { ...trust, headers: { Host: 'a.test' }, ...options })
	await once(socket, 'open')
	return socket
}

async function ask(socket, data, options) {
	const answered = once(socket, 'message')
	socket.send(data, options)
	const [answer, binary] = await answered
	return binary ? answer : String(answer)
}

async function run(name, test) {
	await test()
	console.log('ok', name)
}

await run('echo', async () => {
	const socket = await open()
	for (const text of ['hello', '', 'Grüße', 'x'.repeat(125), 'x'.repeat(126), 'x'.repeat(65536)]) {
		assert.equal(await ask(socket, text), text)
	}
	const bytes = crypto.randomBytes(1000)
	assert.deepEqual(await ask(socket, bytes), bytes)
	socket.close()
})
await run('large messages', async () => {
	const socket = await open()
	const bytes = crypto.randomBytes(8 << 20)
	assert.deepEqual(await ask(socket, bytes), bytes)
	socket.terminate()
})
await run('fragments', async () => {
	const socket = await open()
	const answered = once(socket, 'message')
	for (let i = 0; i < 100; i++) socket.send(`piece ${i},`, { fin: i === 99 })
	const [text] = await answered
	assert.equal(String(text).split(',').length, 101)
	socket.close()
})
await run('ping and pong', async () => {
	const socket = await open()
	const ponged = once(socket, 'pong')
	socket.ping('payload')
	assert.equal(String((await ponged)[0]), 'payload')
	assert.equal(await ask(socket, 'ping'), 'pong are you there')
	socket.close()
})
await run('close codes', async () => {
	let socket = await open()
	let closed = once(socket, 'close')
	socket.send('close')
	let [code, reason] = await closed
	assert.deepEqual([code, String(reason)], [4001, 'as you wish'])
	socket = await open()
	closed = once(socket, 'close')
	socket.close(4002, 'mine')
	assert.equal((await closed)[0], 4002)
})
await run('permessage-deflate', async () => {
	const socket = await open({ perMessageDeflate: { threshold: 10 } })
	assert.match(socket.extensions, /permessage-deflate/)
	const text = 'again and '.repeat(100000)
	assert.equal(await ask(socket, text), text)
	socket.close()
	const plain = await open({ perMessageDeflate: false })
	assert.equal(plain.extensions, '')
	assert.equal(await ask(plain, text), text)
	plain.close()
})
await run('many at once', async () => {
	const sockets = await Promise.all(Array.from({ length: 50 }, () => open()))
	await Promise.all(sockets.map(async (s, i) => assert.equal(await ask(s, `number ${i}`), `number ${i}`)))
	for (const s of sockets) s.close()
})

const session = http2.connect(`https://127.0.0.1:${port}`, trust)
async function request(fields, body) {
	const stream = session.request({ ':authority': 'a.test', ...fields })
	let trailers = {}
	stream.on('trailers', t => { trailers = t })
	stream.end(body)
	const [head] = await once(stream, 'response')
	const pieces = []
	for await (const p of stream) pieces.push(p)
	return { head, trailers, body: Buffer.concat(pieces) }
}
await run('http2: bodies and trailers, many at once', async () => {
	await Promise.all(Array.from({ length: 50 }, async (_, i) => {
		const body = crypto.randomBytes(i * 5000)
		const answer = await request({ ':method': 'POST', ':path': '/echo/trailers' }, body)
		assert.equal(answer.head[':status'], 200)
		assert.deepEqual(answer.body, body)
		assert.equal(answer.trailers['x-length'], String(body.length))
	}))
})
await run('http2: HEAD, and a request given up', async () => {
	const head = await request({ ':method': 'HEAD', ':path': '/' })
	assert.equal(head.head[':status'], 200)
	assert.equal(head.body.length, 0)
	const stream = session.request({ ':authority': 'a.test', ':method': 'POST', ':path': '/echo' })
	stream.write('hello')
	await once(stream, 'response')
	stream.close(http2.constants.NGHTTP2_CANCEL)
	await once(stream, 'close')
	assert.equal((await request({ ':path': '/who' })).head[':status'], 200)
})
await run('http2: a WebSocket (RFC 8441)', async () => {
	assert.equal(session.remoteSettings.enableConnectProtocol, true)
	const stream = session.request({
		':authority': 'a.test', ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/ws', 'sec-websocket-version': '13',
	})
	const [head] = await once(stream, 'response')
	assert.equal(head[':status'], 200)
	stream.write(Buffer.from([0x81, 0x83, 0, 0, 0, 0, 0x77, 0x68, 0x6f])) // "who", masked with zeros
	const [frame] = await once(stream, 'data')
	assert.equal(frame[0], 0x81)
	assert.match(String(frame.subarray(2)), /^[ab]$/)
	stream.close()
})
session.close()
