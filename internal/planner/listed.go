package planner

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"crystalyse/mcp"
)

var listedRow = regexp.MustCompile(`(?m)^  \["([A-Z][A-Za-z0-9()]*)", "`)

// listed are the formulas of the known phases that the bundled list has a cell of.
var listed = sync.OnceValue(func() []string {
	var out []string
	for _, name := range []string{"known", "crystals"} {
		body, err := mcp.Files.ReadFile("references/crystalyse_references/" + name + ".toml")
		if err != nil {
			panic(err) // it is part of this binary
		}
		for _, m := range listedRow.FindAllSubmatch(body, -1) {
			out = append(out, string(m[1]))
		}
	}
	return distinct(out)
})

// named are the formulas of those that are only named as known, without a cell.
var named = sync.OnceValue(func() []string {
	body, err := mcp.Files.ReadFile("references/crystalyse_references/missing.toml")
	if err != nil {
		panic(err) // it is part of this binary
	}
	var out []string
	for _, block := range namedBlock.FindAllSubmatch(body, -1) {
		for _, f := range strings.Fields(string(block[1])) {
			if _, ok := elementsOf(f); ok {
				out = append(out, f)
			}
		}
	}
	return distinct(out)
})

var namedBlock = regexp.MustCompile(`formulas = "+([^"]*)"`)

func isListed(formula string) bool { return holds(listed(), formula) }

// isKnown reports whether the lists here say that a compound exists.
func isKnown(formula string) bool { return isListed(formula) || holds(named(), formula) }

func holds(all []string, formula string) bool {
	return slices.ContainsFunc(all, func(f string) bool { return sameComposition(f, formula) })
}

// measureAndNew are the hosts for a question for a new one that leaves the metal
// open: a listed host to measure by, and one of its kind that is not known and
// has a listed cell to start from. Nothing where there is no such pair.
func (b battery) measureAndNew(without []string) []host {
	if len(b.metals) > 0 || b.anode {
		return nil
	}
	measure := b.hosts(without, 1)
	if len(measure) == 0 || measure[0].parent == "" || !isListed(measure[0].formula) {
		return nil
	}
	for _, m := range strings.Fields(measure[0].takes) {
		h := measure[0].host(b.ion, m)
		if els, _ := elementsOf(h.formula); !isKnown(h.formula) && len(minus(els, without)) == len(els) {
			return []host{measure[0], h}
		}
	}
	return nil
}
