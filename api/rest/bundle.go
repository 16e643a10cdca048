package rest

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/report"
	"crystalyse/internal/structure"
)

// MissingFile lists the structures of a bundle that are gone.
const MissingFile = "missing.txt"

// report gives a report with the contents of the memories that it names: one that
// was forgotten is in no report any more.
func (s *server) report(ctx context.Context, userID, did string) ([]byte, error) {
	raw, err := s.Discoveries.Report(ctx, userID, did)
	if err != nil || s.Memory == nil {
		return raw, err
	}
	return s.Memory.Join(ctx, userID, raw)
}

// getBundle sends what a scientist takes away as one zip: the report, crystals,
// tables and the script that repeats the calculations.
func (s *server) getBundle(c *gin.Context, userID string) error {
	d, err := s.discovery(c, userID)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	raw, err := s.report(ctx, userID, d.ID)
	if err != nil {
		return err
	}
	var r report.Report
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("report of %s: %w", d.ID, err)
	}
	gone := func(err error) bool { return fault.Is(err, fault.CodeNotFound) }
	files, missing, err := report.Bundle(r, raw, bundleFiles{s, ctx, userID, d.ID}, gone)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		files[MissingFile] = []byte(strings.Join(missing, "\n") + "\n")
	}
	body, err := zipped(files)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+d.ID+`.zip"`)
	return tagged(c, "application/zip", body)
}

// zipped packs files in order of their names, without times: equal files make
// equal bytes.
func zipped(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(files[name]); err != nil {
			return nil, err
		}
	}
	err := w.Close() // writes the directory
	return b.Bytes(), err
}

// bundleFiles are the parts stored beside a report, as one user may see them.
type bundleFiles struct {
	s      *server
	ctx    context.Context //nolint:containedctx // lives for one request
	userID string
	did    string
}

func (b bundleFiles) Structure(id string) (structure.Structure, error) {
	return b.s.Structures.Get(b.ctx, b.userID, b.did, id)
}

func (b bundleFiles) CIF(id string) ([]byte, error) {
	st, err := b.Structure(id)
	return []byte(st.CIF), err
}

func (b bundleFiles) Trajectory(id string) ([]byte, error) {
	return b.s.trajectory(b.ctx, b.userID, b.did, id)
}
