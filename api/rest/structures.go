package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
	"crystalyse/internal/structure"
)

func (s *server) structure(c *gin.Context, userID string) (structure.Structure, error) {
	sid := c.Param("id")
	if !structure.IDPattern.MatchString(sid) {
		return structure.Structure{}, fault.NotFound("structure", clip(sid, 64))
	}
	did := c.Query("discovery")
	if did != "" {
		if !id.IsDiscovery(did) {
			return structure.Structure{}, fault.NotFound("discovery", clip(did, 64))
		}
		if _, err := s.Discoveries.Get(c.Request.Context(), userID, did); err != nil {
			return structure.Structure{}, err
		}
	}
	return s.Structures.Get(c.Request.Context(), userID, did, sid)
}

// getStructure sends the cell with the record of the discovery that is asked about.
func (s *server) getStructure(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	if len(st.Body) == 0 {
		if st.Body, err = json.Marshal(st); err != nil {
			return err
		}
	}
	return tagged(c, "application/json; charset=utf-8", st.Body)
}

// tagged sends a body with its tag, or nothing when the caller has it already.
// The browser asks each time: who may see it is looked up before.
func tagged(c *gin.Context, contentType string, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	c.Header("ETag", tag)
	c.Header("Cache-Control", "private, no-cache")
	c.Header("Vary", "Authorization, Cookie")
	if c.GetHeader("If-None-Match") == tag {
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Data(http.StatusOK, contentType, body)
	return nil
}

// getCIF sends the structure as the file that is part of its record.
func (s *server) getCIF(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	if st.CIF == "" {
		return fault.New(fault.CodeNotFound, "structure %q has no CIF", st.ID)
	}
	attach(c, st, "cif")
	return tagged(c, exportTypes["cif"], []byte(st.CIF))
}

var notInFileName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// attach names the file after what is in it.
func attach(c *gin.Context, st structure.Structure, suffix string) {
	name := fmt.Sprintf("%s_%s.%s", notInFileName.ReplaceAllString(st.Formula, ""), st.ID[3:11], suffix)
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}

// uploadBody is what POST /structures takes.
type uploadBody struct {
	Format    string `json:"format"`
	Text      string `json:"text"`
	Name      string `json:"name"`
	RequestID string `json:"request_id"`
}

const maxName = 200

// uploadStructure has a structure file read by the structure server.
func (s *server) uploadStructure(c *gin.Context, userID string) error {
	var body uploadBody
	if err := bind(c, &body); err != nil {
		return err
	}
	key, err := requestKey(c, body.RequestID)
	if err != nil {
		return err
	}
	if body.Format == "" {
		body.Format = "auto"
	}
	switch {
	case body.Format != "auto" && !slices.Contains(structure.Formats, body.Format):
		return fault.Invalid("format", "%q is unknown", clip(body.Format, 50)).WithHint("use auto, %s", strings.Join(structure.Formats, ", "))
	case strings.TrimSpace(body.Text) == "":
		return fault.Invalid("text", "is empty").WithHint("send the text of a CIF, POSCAR, extended XYZ or JSON file")
	case strings.ContainsRune(body.Text, 0):
		return fault.Invalid("text", "is not text")
	case len(body.Name) > maxName || strings.ContainsRune(body.Name, 0) || !utf8.ValidString(body.Name):
		return fault.Invalid("name", "must be text of at most %d bytes", maxName)
	}
	ref, err := s.Workshop.Parse(c.Request.Context(), structure.Upload{UserID: userID, RequestID: key, Name: body.Name, Format: body.Format, Text: body.Text})
	if err != nil {
		return err
	}
	c.Data(http.StatusCreated, "application/json; charset=utf-8", ref)
	return nil
}
