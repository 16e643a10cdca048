"""The plan's relay: a FastAPI endpoint that forwards the session's Redis channel to its socket."""

import os

import redis.asyncio as redis
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
client = redis.Redis.from_url(os.environ["REDIS_URL"], max_connections=100_000)


@app.websocket("/ws/discovery/{session_id}")
async def discovery(websocket: WebSocket, session_id: str) -> None:
    await websocket.accept()
    channel = client.pubsub()
    await channel.subscribe(f"session:{session_id}")
    await websocket.send_text('{"ready":true}')
    try:
        async for message in channel.listen():
            if message["type"] == "message":
                await websocket.send_text(message["data"].decode())
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        await channel.aclose()
