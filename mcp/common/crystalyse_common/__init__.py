"""What the CrystaLyse MCP servers share.

Importing this package is cheap: heavy libraries are imported where they are used.
"""
