"""A server of aiohttp's that echoes WebSocket messages at /chat, and answers anything else with 404.

    websocket.py HOST PORT
"""

import sys

from aiohttp import web


async def chat(request):
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


application = web.Application()
application.router.add_get("/chat", chat)
web.run_app(application, host=sys.argv[1], port=int(sys.argv[2]), print=None)
