package rest

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"crystalyse/api/gate"
	"crystalyse/internal/auth"
)

// meBody is who asks, and what a page repeats in X-CSRF-Token.
type meBody struct {
	UserID string `json:"user_id"`
	Auth   string `json:"auth"`
	CSRF   string `json:"csrf"`
}

func (s *server) me(c *gin.Context, _ string) error {
	who, err := s.Gate.Identify(c.Request)
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, meBody{who.UserID, s.Gate.Mode(), who.CSRF})
	return nil
}

// login turns the request's token into a login session.
func (s *server) login(c *gin.Context, _ string) error {
	who, err := s.Gate.Identify(c.Request)
	if err != nil {
		return err
	}
	who, cookie, err := s.Gate.Login(c.Request.Context(), who)
	if err != nil {
		return err
	}
	http.SetCookie(c.Writer, gate.Secure(cookie, c.Request))
	c.JSON(http.StatusCreated, meBody{who.UserID, s.Gate.Mode(), who.CSRF})
	return nil
}

// logout ends the login session, or revokes the token it was asked with.
func (s *server) logout(c *gin.Context, _ string) error {
	who, err := s.Gate.Identify(c.Request)
	if err != nil {
		return err
	}
	cookie, err := s.Gate.Logout(c.Request, who)
	if err != nil {
		return err
	}
	http.SetCookie(c.Writer, gate.Secure(cookie, c.Request))
	c.Status(http.StatusNoContent)
	return nil
}

// ticket gives a single-use secret that opens one socket.
func (s *server) ticket(c *gin.Context, _ string) error {
	who, err := s.Gate.Identify(c.Request)
	if err != nil {
		return err
	}
	secret, err := s.Gate.Ticket(c.Request.Context(), who)
	if err != nil {
		return err
	}
	c.JSON(http.StatusCreated, gin.H{"ticket": secret, "expires_in": int(auth.TicketTTL.Seconds())})
	return nil
}
