// Node's http server as a reader: it tells what it has read.
const crypto = require('crypto')
const http = require('http')
http.createServer((request, answer) => {
	const pieces = []
	request.on('data', piece => pieces.push(piece))
	request.on('end', () => {
		const body = Buffer.concat(pieces)
		const read = {
			Method: request.method,
			Target: request.url,
			Host: request.headers.host,
			Body: body.length > 1000 ? crypto.createHash('sha256').update(body).digest('hex') : body.toString(),
		}
		answer.setHeader('X-Read', Buffer.from(JSON.stringify(read)).toString('base64'))
		answer.setHeader('Content-Length', '0')
		answer.end()
	})
}).listen('{{.Listen}}')
