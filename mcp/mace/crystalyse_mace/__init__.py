"""Machine-learned potentials, as an MCP server: energies, relaxation, formation energies."""
