"""The plan's client: plain websockets, no subprotocol. Prints the types it sees."""

import asyncio
import json
import sys

import websockets


async def main(address: str, query: str) -> None:
    async with websockets.connect(address + "/ws/discovery/test-session", max_size=None) as ws:
        await ws.send(json.dumps({"type": "discovery_request", "query": query, "mode": "creative"}))
        types, ids, at = [], set(), ("", 0)
        while "discovery_complete" not in types:
            event = json.loads(await asyncio.wait_for(ws.recv(), 600))
            assert event["id"] not in ids, f"twice: {event}"
            types.append(event["type"])
            ids.add(event["id"])
            now = event["metadata"]["epoch"], event["metadata"]["seq"]
            assert now[0] != at[0] or now[1] > at[1], f"{now} after {at}"
            at = now
        await ws.send(json.dumps({"type": "memory_search", "query": query}))
        while True:
            answer = json.loads(await asyncio.wait_for(ws.recv(), 120))
            if answer["type"] == "memory_results":
                break
        print(json.dumps({"types": types, "memories": answer["results"]}))


asyncio.run(main(*sys.argv[1:]))
