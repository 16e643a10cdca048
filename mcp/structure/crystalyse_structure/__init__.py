"""Structure analysis and conversion, as an MCP server."""
