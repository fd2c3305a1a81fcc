// A backend: a page, its own name at /who, what it is sent at /echo, with trailers
// at /echo/trailers, and an echo for WebSockets, but for "who" and "close". It
// prints its port.
import http from 'node:http'
import { WebSocketServer } from 'ws'

const name = process.argv[2]
const server = http.createServer((request, answer) => {
	if (request.url.startsWith('/echo')) {
		const trailers = request.url.endsWith('/trailers')
		answer.writeHead(200, trailers ? { Trailer: 'X-Length' } : {})
		let length = 0
		request.on('data', piece => { length += piece.length; answer.write(piece) })
		request.on('end', () => {
			if (trailers) answer.addTrailers({ 'X-Length': String(length) })
			answer.end()
		})
		return
	}
	if (request.url.startsWith('/who')) {
		answer.end(name)
		return
	}
	answer.setHeader('Content-Type', 'text/html')
	answer.end(`<!doctype html><title>${name}</title><p>${'elbow '.repeat(1000)}`)
})
const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 100 }, maxPayload: 64 << 20 })
sockets.on('connection', socket => {
	socket.on('message', (data, binary) => {
		switch (String(data.subarray(0, 10))) {
		case 'who': return socket.send(name)
		case 'close': return socket.close(4001, 'as you wish')
		case 'ping': return socket.ping('are you there')
		}
		socket.send(data, { binary })
	})
	socket.on('pong', data => socket.send(`pong ${data}`))
	socket.on('error', () => {})
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
