// The application behind the servers of the live tests. Answers by the first part of the path, on four ports: plain,
// over TLS, with ten requests to a connection, and with connections that it closes when they are idle for 0.1 s.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const https = require('https');
const zlib = require('zlib');

const [host, plain, secure, limited, impatient, certificate, key] = process.argv.slice(2);

// The bytes that a client expects of a size.
const made = new Map();
function content(size) {
    if (!made.has(size)) {
        const bytes = Buffer.alloc(size);
        for (let i = 0; i < size; ++i) bytes[i] = (i * 31 + Math.floor(i / 253) + size) & 255;
        made.set(size, bytes);
    }
    return made.get(size);
}

// Pieces of chunks, one each time the connection can take one.
function stream(response, bytes, most) {
    let at = 0;
    const next = () => {
        while (at < bytes.length) {
            const piece = bytes.subarray(at, at + most);
            at += piece.length;
            if (!response.write(piece)) return response.once('drain', next);
        }
        response.end();
    };
    next();
}

const codings = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync };

const routes = {
    // METHOD SIZE SHA256 of what came; in a header too, for HEAD.
    echo(request, response) {
        const hash = crypto.createHash('sha256');
        let size = 0;
        request.on('data', piece => {
            hash.update(piece);
            size += piece.length;
        });
        request.on('end', () => {
            const text = `${request.method} ${size} ${hash.digest('hex')}`;
            response.setHeader('X-Echo', text);
            response.setHeader('Content-Length', text.length);
            response.end(text);
        });
    },
    bytes(request, response, size) {
        response.setHeader('Content-Length', size);
        response.end(content(Number(size)));
    },
    chunked(request, response, size) {
        response.writeHead(200);
        response.flushHeaders();
        stream(response, content(Number(size)), 5000);
    },
    // A byte every 5 ms.
    drip(request, response, size) {
        const bytes = content(Number(size));
        let at = 0;
        const timer = setInterval(() => {
            if (at < bytes.length) return response.write(bytes.subarray(at, ++at));
            clearInterval(timer);
            response.end();
        }, 5);
    },
    status(request, response, code) {
        response.writeHead(Number(code));
        response.end(`status ${code}`);
    },
    // /redirect/CODE/the/path
    redirect(request, response, code, ...target) {
        request.resume();
        response.writeHead(Number(code), { Location: '/' + target.join('/') });
        response.end('elsewhere');
    },
    // /cookies/set?a=1;%20Path=/: each parameter is a Set-Cookie
    cookies(request, response, what) {
        if (what === 'set')
            response.setHeader('Set-Cookie', request.url.split('?')[1].split('&').map(decodeURIComponent));
        response.end(request.headers.cookie || '');
    },
    close(request, response) {
        response.setHeader('Connection', 'close');
        response.end('closing');
    },
    // Declares twice what it sends, or promises more chunks, and cuts the connection.
    cut(request, response, how) {
        const bytes = content(100000);
        if (how === 'sized') response.setHeader('Content-Length', 2 * bytes.length);
        response.write(bytes, () => setTimeout(() => request.socket.destroy(), 20));
    },
    // Answers before it has read the body.
    early(request, response) {
        response.writeHead(413, { Connection: 'close', 'Content-Length': 8 });
        response.end('too much');
    },
    trailers(request, response) {
        response.setHeader('Trailer', 'X-Sum');
        response.write('body');
        response.addTrailers({ 'X-Sum': '42', 'X-More': 'yes' });
        response.end();
    },
    hints(request, response) {
        response.writeProcessing();
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        response.end('after hints');
    },
    fields(request, response, count) {
        for (let i = 0; i < Number(count); ++i) response.setHeader(`X-Field-${i}`, 'v'.repeat(180));
        response.end('fields');
    },
    coded(request, response, size) {
        const accepted = (request.headers['accept-encoding'] || '').split(/\s*,\s*/);
        const coding = accepted.find(name => codings[name]);
        if (!coding) return response.end(content(Number(size)));
        response.setHeader('Content-Encoding', coding);
        response.end(codings[coding](content(Number(size))));
    },
    // The request's fields as they came.
    heard(request, response) {
        response.end(JSON.stringify(request.rawHeaders));
    },
};

function answer(request, response) {
    const [name, ...rest] = request.url.split('?')[0].slice(1).split('/');
    const route = Object.hasOwn(routes, name) ? routes[name] : null;
    if (route) return route(request, response, ...rest);
    response.writeHead(404);
    response.end('none');
}

const options = { maxHeaderSize: 65536 };
const limitless = http.createServer(options, answer);
const tls = https.createServer({ ...options, cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, answer);
const counting = http.createServer(options, answer);
counting.maxRequestsPerSocket = 10;
// It says nothing of its limit, so that clients run into it.
const hurried = http.createServer(options, (request, response) => {
    response.setHeader('Connection', 'keep-alive');
    answer(request, response);
});
hurried.keepAliveTimeout = 100;
for (const server of [limitless, tls, counting]) server.keepAliveTimeout = 60000;

// The plain port last: who waits for it finds all of them.
tls.listen(secure, host, () => counting.listen(limited, host, () => hurried.listen(impatient, host, () =>
    limitless.listen({ port: plain, host, backlog: 512 }))));
