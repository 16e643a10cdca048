package llm

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"crystalyse/internal/fault"
)

// Endpoint is a language model that a user named: where it is, and its key. The
// key is stored sealed, and never sent back.
type Endpoint struct {
	BaseURL string `json:"base_url"`
	Model   string `json:"model"`
	Key     string `json:"-"`
}

// Endpoints keeps the endpoint of each user.
type Endpoints interface {
	// Endpoint gives a user's own, else fault.CodeNotFound. When its key cannot be
	// unsealed it gives the rest, and fault.CodeConflict.
	Endpoint(ctx context.Context, userID string) (Endpoint, error)
	// SaveEndpoint keeps it in place of the one before.
	SaveEndpoint(ctx context.Context, userID string, e Endpoint) error
	// DeleteEndpoint forgets it, key and all; none is no error.
	DeleteEndpoint(ctx context.Context, userID string) error
}

// Chooser gives the model that answers a user.
type Chooser interface {
	For(ctx context.Context, userID string) (Model, error)
}

// Limits of what a user may name.
const (
	maxBaseURL = 500
	maxModel   = 200
	maxKey     = 1000
)

// AnyHost in a list of hosts allows every host.
const AnyHost = "*"

// Normalize checks what a user typed, and names what is wrong. Only hosts of the
// list may be named: the server would call any address for whoever asks.
func (e Endpoint) Normalize(hosts []string) (Endpoint, error) {
	e.BaseURL = strings.TrimRight(strings.TrimSpace(e.BaseURL), "/")
	e.Model = strings.TrimSpace(e.Model)
	u, err := url.Parse(e.BaseURL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || len(e.BaseURL) > maxBaseURL:
		return e, fault.Invalid("base_url", "is not an address that begins with https:// or http://").WithHint("for example https://api.openai.com/v1 or http://localhost:11434/v1")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return e, fault.Invalid("base_url", "holds more than a host and a path").WithHint("a key belongs into its own field")
	case !slices.Contains(hosts, AnyHost) && !slices.Contains(hosts, strings.ToLower(u.Host)) && !slices.Contains(hosts, strings.ToLower(u.Hostname())):
		return e, fault.Invalid("base_url", "the host %q is not allowed here", clip(u.Host)).WithHint("who runs this server can allow it with --llm-hosts")
	case e.Model == "" || len(e.Model) > maxModel || !printable(e.Model):
		return e, fault.Invalid("model", "is missing, or is no name").WithHint("the model's name as the endpoint knows it")
	case len(e.Key) > maxKey || !printable(e.Key):
		return e, fault.Invalid("key", "holds characters that no key has")
	}
	return e, nil
}

// Host names where the endpoint is, for reports and screens.
func (e Endpoint) Host() string {
	u, err := url.Parse(e.BaseURL)
	if err != nil {
		return ""
	}
	return u.Host
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

func clip(s string) string {
	if len(s) > 100 {
		return s[:100]
	}
	return s
}
