"""The plan's client: plain websockets, no subprotocol. Tells what it saw."""

import asyncio
import json
import sys
import time

import websockets


class Client:
    def __init__(self, ws) -> None:
        self.ws = ws
        self.ids, self.at = set(), ("", 0)
        self.running = set()  # calls at work

    async def ask(self, query: str) -> dict:
        """Asks, and listens to the end of the discovery."""
        await self.ws.send(json.dumps({"type": "discovery_request", "query": query, "mode": "creative"}))
        asked, first, events = time.monotonic(), {}, []
        while "discovery_complete" not in first:
            event = json.loads(await asyncio.wait_for(self.ws.recv(), 600))
            self.check(event)
            first.setdefault(event["type"], time.monotonic() - asked)
            events.append({"type": event["type"], "data": event["data"]})
        return {"first": first, "events": events}

    def check(self, event: dict) -> None:
        assert event["id"] not in self.ids, f"twice: {event}"
        self.ids.add(event["id"])
        data = event["data"]
        if event["type"] == "tool_call_start":
            self.running.add(data["call_id"])
        elif event["type"] == "tool_call_result":
            self.running.discard(data["call_id"])
        elif event["type"] == "structure_updated":
            assert data["call_id"] in self.running, f"a frame of a call that does not run: {event}"
        now = event["metadata"]["epoch"], event["metadata"]["seq"]
        assert now[0] != self.at[0] or now[1] > self.at[1], f"{now} after {self.at}"
        self.at = now

    async def search(self, query: str) -> dict:
        await self.ws.send(json.dumps({"type": "memory_search", "query": query}))
        while True:
            answer = json.loads(await asyncio.wait_for(self.ws.recv(), 120))
            if answer["type"] == "memory_results":
                return answer


async def main(address: str, *queries: str) -> None:
    async with websockets.connect(address + "/ws/discovery/test-session", max_size=None) as ws:
        c = Client(ws)
        seen = [await c.ask(q) for q in queries]
        print(json.dumps({"seen": seen, "answer": await c.search(queries[0])}))


asyncio.run(main(*sys.argv[1:]))
