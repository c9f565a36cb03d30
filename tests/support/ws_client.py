# SPDX-License-Identifier: MIT
"""ws_client.py URL - Debian's python3-websockets against the echo server; prints what it saw, one JSON object."""
import asyncio
import json
import sys

import websockets

url = sys.argv[1]


async def closed(ws):
    try:
        while True:
            await ws.recv()
    except websockets.ConnectionClosed:
        return [ws.close_code, ws.close_reason]


async def main():
    saw = {}
    async with websockets.connect(url, max_size=None) as ws:
        saw["extensions"] = len(ws.extensions)
        await ws.send("gr\u00fc\u00df dich \U0001f600")
        saw["echo"] = await ws.recv()
        await ws.send(["one", " ", "message"])  # fragments
        saw["fragments"] = await ws.recv()
        await asyncio.wait_for(await ws.ping(b"are you there"), 5)
        saw["pong"] = True
        big = "x" * 20_000_000
        await ws.send(big)
        saw["big"] = await ws.recv() == big
        await ws.send("count 20000")
        saw["count"] = [await ws.recv() for _ in range(20000)] == [str(n) for n in range(20000)]
        await ws.close(4001, "bye")
        saw["own close"] = [ws.close_code, ws.close_reason]
    for words in ("close 1008 unauthorized", "close 1000 stop", "close 1011 broken"):
        async with websockets.connect(url) as ws:
            await ws.send(words)
            saw[words] = await closed(ws)
    async with websockets.connect(url, compression=None) as ws:
        await ws.send(b"bytes")
        saw["binary"] = (await closed(ws))[0]
    try:
        await websockets.connect(url, extra_headers={"Sec-WebSocket-Version": "8"})
        saw["version"] = "taken"
    except websockets.InvalidStatusCode as e:
        saw["version"] = e.status_code
    print(json.dumps(saw))


asyncio.run(main())
