"""The plan's client: plain websockets, no subprotocol. Prints the types it sees."""

import asyncio
import json
import sys

import websockets


async def main(address: str, query: str) -> None:
    async with websockets.connect(address + "/ws/discovery/test-session", max_size=None) as ws:
        await ws.send(json.dumps({"type": "discovery_request", "query": query, "mode": "creative"}))
        types, ids, at = [], set(), ("", 0)
        running, frames = set(), []  # calls at work; drawable frames of their relaxations
        while "discovery_complete" not in types:
            event = json.loads(await asyncio.wait_for(ws.recv(), 600))
            assert event["id"] not in ids, f"twice: {event}"
            types.append(event["type"])
            ids.add(event["id"])
            data = event["data"]
            if event["type"] == "tool_call_start":
                running.add(data["call_id"])
            elif event["type"] == "tool_call_result":
                running.discard(data["call_id"])
            elif event["type"] == "structure_updated" and data.get("compact"):
                assert data["call_id"] in running, f"a frame of a call that does not run: {event}"
                frames.append(data)
            now = event["metadata"]["epoch"], event["metadata"]["seq"]
            assert now[0] != at[0] or now[1] > at[1], f"{now} after {at}"
            at = now
        await ws.send(json.dumps({"type": "memory_search", "query": query}))
        while True:
            answer = json.loads(await asyncio.wait_for(ws.recv(), 120))
            if answer["type"] == "memory_results":
                break
        print(json.dumps({"types": types, "memories": answer["results"], "frames": frames}))


asyncio.run(main(*sys.argv[1:]))
