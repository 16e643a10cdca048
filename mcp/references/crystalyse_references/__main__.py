"""Run the server: python -m crystalyse_references."""

from crystalyse_common import stdio

stdio.guard()

from crystalyse_common.server import serve  # noqa: E402

from .server import mcp  # noqa: E402

if __name__ == "__main__":
    serve(mcp)
