"""Composition checks by SMACT, as an MCP server."""
