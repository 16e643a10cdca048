"""Run the server: python -m crystalyse_embedding.

Its port and its token come as variables, so that the token is on no command line.
"""

from __future__ import annotations

import os

import uvicorn

from .server import Server


def main() -> None:
    """Serve until ended."""
    # The token is this process's own; what it may start later shall not know it.
    token = os.environ.pop("CRYSTALYSE_EMBEDDING_API_KEY")
    port = int(os.environ["CRYSTALYSE_EMBEDDING_PORT"])
    uvicorn.run(Server(token).app(), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
