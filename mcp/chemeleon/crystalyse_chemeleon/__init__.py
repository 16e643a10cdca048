"""Crystal structure generation, as an MCP server."""
