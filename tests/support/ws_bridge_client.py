# SPDX-License-Identifier: MIT
"""ws_bridge_client.py URL - one turn of a bridge by Debian's python3-websockets; prints the types of all frames."""
import asyncio
import json
import sys

import websockets


async def main():
    types = []
    async with websockets.connect(sys.argv[1], max_size=None) as ws:
        types.append(json.loads(await ws.recv())["type"])
        prompt = "@init\n@text " + "x" * 300_000 + "\n@text gr\u00fc\u00df dich \U0001f600\n@result success\n"
        start = json.dumps({"type": "start", "prompt": prompt, "tools": []}, ensure_ascii=False)
        await ws.send(start[i : i + 1000] for i in range(0, len(start), 1000))  # fragments
        text = ""
        while types[-1] != "finish":
            frame = json.loads(await ws.recv())
            types.append(frame["type"])
            text += frame.get("delta", "")
            if len(types) == 3:
                await asyncio.wait_for(await ws.ping(), 5)
        assert text == "x" * 300_000 + "gr\u00fc\u00df dich \U0001f600", len(text)
        await ws.send('{"type":"stop"}')
        try:
            while True:
                types.append(json.loads(await ws.recv())["type"])
        except websockets.ConnectionClosed:
            types.append(f"{ws.close_code} {ws.close_reason}")
    print(json.dumps(types))


asyncio.run(main())
