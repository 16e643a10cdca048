// Package mcp holds the Python MCP servers, so that the binary carries them.
package mcp

import "embed"

// Files are the servers, their locks and their golden tool lists.
//
//go:embed locks/*.txt golden/*.json common/crystalyse_common smact/crystalyse_smact structure/crystalyse_structure chemeleon/crystalyse_chemeleon mace/crystalyse_mace
var Files embed.FS
