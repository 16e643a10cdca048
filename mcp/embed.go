// Package mcp holds the Python MCP servers, so that the binary carries them.
package mcp

import "embed"

// Files are the servers, their locks and their golden tool lists.
//
// "all:" because names of Python packages begin with underscores.
//
//go:embed locks/*.txt golden/*.json all:common/crystalyse_common all:smact/crystalyse_smact all:structure/crystalyse_structure all:chemeleon/crystalyse_chemeleon all:mace/crystalyse_mace all:references/crystalyse_references all:embedding/crystalyse_embedding
var Files embed.FS
