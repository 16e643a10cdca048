package rest

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
	"crystalyse/internal/structure/compact"
)

// compactType is the media type of the compact form.
const compactType = "application/vnd.crystalyse.compact"

// maxArtifact is the longest artifact read into memory to be sent.
const maxArtifact = 64 << 20

// getCompact sends the structure in the binary form that the viewer decodes.
func (s *server) getCompact(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	t, err := compact.FromStructure(st)
	if err != nil {
		return err
	}
	return sendCompact(c, t)
}

// getTrajectory sends the frames of the relaxation that gave the structure.
func (s *server) getTrajectory(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	text, err := s.trajectory(c.Request.Context(), userID, "", st.ID)
	if fault.Is(err, fault.CodeNotFound) {
		return fault.New(fault.CodeNotFound, "structure %q has no trajectory", st.ID).WithHint("only the results of a relaxation have one")
	}
	if err != nil {
		return err
	}
	t, _, err := compact.FromArtifact(text)
	if err != nil {
		return err
	}
	return sendCompact(c, t)
}

// trajectory gives the path of a relaxation that the user has made, or the
// discovery where it is named: another's relaxation may end in the same cell.
func (s *server) trajectory(ctx context.Context, userID, did, structureID string) ([]byte, error) {
	relaxed, err := s.Structures.Relaxed(ctx, userID, did, structureID)
	if err != nil {
		return nil, err
	}
	if !relaxed {
		return nil, fault.NotFound("trajectory", structureID)
	}
	return s.artifact(ctx, "trajectories/"+structureID+".json")
}

func sendCompact(c *gin.Context, t *compact.Trajectory) error {
	body, err := compact.Encode(t)
	if err != nil {
		return err
	}
	return tagged(c, compactType, body)
}

func (s *server) artifact(ctx context.Context, path string) ([]byte, error) {
	f, err := s.Artifacts.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(f, maxArtifact+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "an artifact cannot be read")
	}
	if len(body) > maxArtifact {
		return nil, fault.New(fault.CodeLimit, "the file is longer than %d bytes", maxArtifact)
	}
	return body, nil
}

var exportTypes = map[string]string{
	"cif": "chemical/x-cif; charset=utf-8", "poscar": "text/plain; charset=utf-8",
	"xyz": "chemical/x-xyz; charset=utf-8", "json": "application/json; charset=utf-8",
}

var exportSuffix = map[string]string{"cif": "cif", "poscar": "vasp", "xyz": "extxyz", "json": "json"}

// exportStructure sends the structure as a file for other programs. It is
// written once, by the structure server, and kept among the artifacts.
func (s *server) exportStructure(c *gin.Context, userID string) error {
	format := c.DefaultQuery("format", "cif")
	if !slices.Contains(structure.Formats, format) {
		return fault.Invalid("format", "%q is unknown", clip(format, 50)).WithHint("use one of %s", strings.Join(structure.Formats, ", "))
	}
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	body, err := s.converted(c, userID, st.ID, format, exportSuffix[format])
	if err != nil {
		return err
	}
	attach(c, st, exportSuffix[format])
	return tagged(c, exportTypes[format], body)
}

// converted gives a file of a structure, made when it is first asked for.
func (s *server) converted(c *gin.Context, userID, structureID, format, suffix string) ([]byte, error) {
	ctx := c.Request.Context()
	body, err := s.artifact(ctx, "exports/"+structureID+"."+suffix)
	if !fault.Is(err, fault.CodeNotFound) {
		return body, err
	}
	path, err := s.Workshop.Convert(ctx, userID, c.Query("discovery"), structureID, format)
	if err != nil {
		return nil, err
	}
	return s.artifact(ctx, path)
}

// getAnnotations sends what a viewer shows beside the atoms: bonds with image
// shifts, the space group, Wyckoff letters. Structures are stored without them
// by most tools; they are computed once, by the structure server, and kept.
func (s *server) getAnnotations(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	suffix := "annotations.3.json"
	if st.Relaxed() { // its symmetry is read at a looser tolerance
		suffix = "annotations.relaxed.3.json"
	}
	body, err := s.converted(c, userID, st.ID, "annotations", suffix)
	if err != nil {
		return err
	}
	return tagged(c, "application/json; charset=utf-8", body)
}
