package memory

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Place is a memory in the fused ranking.
type Place struct {
	ID    string
	Score float64
}

// fuseK damps the difference between the first places of a ranking; 60 is the
// value of the paper that introduced reciprocal rank fusion.
const fuseK = 60

// Fuse merges rankings by reciprocal rank: what several of them place well wins.
func Fuse(rankings ...[]string) []Place {
	sum := map[string]float64{}
	for _, r := range rankings {
		for i, id := range r {
			sum[id] += 1 / float64(fuseK+i+1)
		}
	}
	out := make([]Place, 0, len(sum))
	for id, s := range sum {
		out = append(out, Place{id, s})
	}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(b.ID, a.ID))
	})
	return out
}

// Weigh lowers the score of what has not been used for long, by a quarter at
// most: relevance decides between equals, it does not hide an answer.
func Weigh(score, relevance float64) float64 { return score * (0.75 + 0.25*relevance) }

// Matched is a memory with the terms it has, a bit each.
type Matched struct {
	ID     string
	Mask   int
	Length int // of its content
}

// RankWords orders by the rarity of the terms that a memory has; how rare a term
// is, is counted among the candidates themselves.
func RankWords(found []Matched, terms []string, limit int) []string {
	df := make([]float64, len(terms))
	total := 0
	for _, m := range found {
		total += m.Length
		for i := range terms {
			df[i] += float64(m.Mask >> i & 1)
		}
	}
	mean := max(1, float64(total)/float64(max(1, len(found))))
	type ranked struct {
		id    string
		score float64
	}
	list := make([]ranked, len(found))
	for j, m := range found {
		list[j].id = m.ID
		for i, t := range terms {
			if m.Mask>>i&1 == 1 {
				list[j].score += weight(t) * math.Log(1+float64(len(found)+1)/(df[i]+0.5))
			}
		}
		list[j].score /= 0.7 + 0.3*float64(m.Length)/mean
	}
	slices.SortFunc(list, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(b.id, a.id))
	})
	out := make([]string, min(limit, len(list)))
	for i := range out {
		out[i] = list[i].id
	}
	return out
}

// weight lowers elements that a formula only implies.
func weight(term string) float64 {
	if strings.HasPrefix(term, "el:") {
		return 0.5
	}
	return 1
}
