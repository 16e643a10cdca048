package rest

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"crystalyse/internal/fault"
	"crystalyse/internal/structure"
)

func (s *server) structure(c *gin.Context, userID string) (structure.Structure, error) {
	sid := c.Param("id")
	if !structure.IDPattern.MatchString(sid) {
		return structure.Structure{}, fault.NotFound("structure", clip(sid, 64))
	}
	return s.Structures.Get(c.Request.Context(), userID, sid)
}

// getStructure sends the canonical record as it was written.
func (s *server) getStructure(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	if len(st.Body) > 0 {
		c.Data(http.StatusOK, "application/json; charset=utf-8", st.Body)
		return nil
	}
	c.JSON(http.StatusOK, st)
	return nil
}

var notInFileName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// getCIF sends the structure as a file for other programs.
func (s *server) getCIF(c *gin.Context, userID string) error {
	st, err := s.structure(c, userID)
	if err != nil {
		return err
	}
	if st.CIF == "" {
		return fault.New(fault.CodeNotFound, "structure %q has no CIF", st.ID)
	}
	name := fmt.Sprintf("%s_%s.cif", notInFileName.ReplaceAllString(st.Formula, ""), st.ID[3:11])
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	c.Data(http.StatusOK, "chemical/x-cif; charset=utf-8", []byte(st.CIF))
	return nil
}
