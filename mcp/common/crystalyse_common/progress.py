"""Progress of a call, with the atoms it is at for those who want to watch."""

from __future__ import annotations

from typing import Any

from mcp import types

FRAME_META = "crystalyse/frame"


async def report(ctx: Any, progress: float, total: float, message: str, frame: dict[str, Any] | None = None) -> None:
    """Tell the caller how far a call is.

    A frame rides in the `_meta` of the notification: hosts that know it can draw
    it, every other client sees an ordinary report. A no-op when the caller did
    not ask for progress.

    Args:
        ctx: the context of the tool.
        progress: how much is done.
        total: of how much.
        message: the same in words, with name=number pairs.
        frame: a structure on its way, as `trajectory.frame` spells it.
    """
    if frame is None:
        await ctx.report_progress(progress, total, message)
        return
    token = dict(ctx.request_context.meta or {}).get("progress_token")
    if token is None:
        return
    params = types.ProgressNotificationParams(progress_token=token, progress=progress, total=total, message=message, _meta={FRAME_META: frame})
    await ctx.request_context.session.send_notification(types.ProgressNotification(params=params), ctx.request_id)
