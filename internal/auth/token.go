package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"crystalyse/internal/fault"
	"crystalyse/internal/id"
)

// MinSecret is the shortest key in bytes: as long as the signature it makes.
const MinSecret = 32

// Key signs and verifies tokens. ID travels in the token's header, so that keys
// can be replaced one after the other.
type Key struct {
	ID     string
	secret []byte
}

// ParseKeys reads "kid:secret,kid2:secret2". The first one signs, all verify: a
// key is replaced by putting the new one first and dropping the old one when
// its last token has ended. Errors never repeat a secret.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	seen := map[string]bool{}
	for i, part := range strings.Split(text, ",") {
		kid, secret, ok := strings.Cut(strings.TrimSpace(part), ":")
		switch {
		case !ok || kid == "":
			return nil, fmt.Errorf("key %d is not of the form kid:secret", i+1)
		case len(kid) > 64:
			return nil, fmt.Errorf("the name of key %d is longer than 64 bytes", i+1)
		case len(secret) < MinSecret:
			return nil, fmt.Errorf("the secret of key %q has %d bytes; at least %d are needed (try: openssl rand -hex 32)", kid, len(secret), MinSecret)
		case seen[kid]:
			return nil, fmt.Errorf("key %q is there twice", kid)
		}
		seen[kid] = true
		keys = append(keys, Key{kid, []byte(secret)})
	}
	return keys, nil
}

// Tokens signs and verifies tokens.
type Tokens struct {
	keys     []Key
	audience string
	now      func() time.Time
}

// NewTokens needs at least one key. With an audience, only tokens made for it
// are accepted. A nil now is time.Now.
func NewTokens(keys []Key, audience string, now func() time.Time) (*Tokens, error) {
	if len(keys) == 0 {
		return nil, fault.Invalid("CRYSTALYSE_JWT_KEYS", "is missing").WithHint("set it to kid:secret, with a secret of at least %d bytes", MinSecret)
	}
	if now == nil {
		now = time.Now
	}
	return &Tokens{keys: keys, audience: audience, now: now}, nil
}

type claims struct {
	UserID string `json:"user_id"`
	jwt.RegisteredClaims
}

// Sign makes a token for a user.
func (t *Tokens) Sign(userID string, ttl time.Duration) (string, error) {
	if err := CheckUser(userID); err != nil {
		return "", err
	}
	if ttl <= 0 {
		return "", fault.Invalid("ttl", "must be longer than nothing")
	}
	now := t.now()
	c := claims{UserID: userID, RegisteredClaims: jwt.RegisteredClaims{
		ID: id.New(), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)),
	}}
	if t.audience != "" {
		c.Audience = jwt.ClaimStrings{t.audience}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	token.Header["kid"] = t.keys[0].ID
	return token.SignedString(t.keys[0].secret)
}

// maxToken is the longest token looked at: an HS256 token of ours has some 300
// bytes.
const maxToken = 4096

// Verify gives the identity of a token. Every refusal is fault.CodeUnknown and
// says only what its owner can act on.
func (t *Tokens) Verify(text string) (Identity, error) {
	if len(text) > maxToken {
		return Identity{}, refused(nil, "the token is too long")
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), // no "none", no public key taken for a secret
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(5 * time.Second), jwt.WithTimeFunc(t.now), jwt.WithStrictDecoding(),
	}
	if t.audience != "" {
		options = append(options, jwt.WithAudience(t.audience))
	}
	var c claims
	_, err := jwt.NewParser(options...).ParseWithClaims(text, &c, t.key)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return Identity{}, refused(err, "the token has expired")
	case errors.Is(err, jwt.ErrTokenInvalidAudience), errors.Is(err, jwt.ErrTokenRequiredClaimMissing) && t.audience != "" && len(c.Audience) == 0:
		return Identity{}, refused(err, "the token is for another audience")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return Identity{}, refused(err, "the token has no exp")
	case err != nil:
		return Identity{}, refused(err, "the token is not valid")
	}
	if err := CheckUser(c.UserID); err != nil {
		return Identity{}, refused(err, "the token has no valid user_id")
	}
	tokenID := c.ID
	if tokenID == "" || len(tokenID) > 128 {
		tokenID = Hash(text) // made elsewhere, without an id of its own
	}
	return Identity{UserID: c.UserID, By: ByBearer, TokenID: tokenID, Expires: c.ExpiresAt.Time}, nil
}

// key gives the keys a token may be signed with: the one it names, or all when
// it names none.
func (t *Tokens) key(token *jwt.Token) (any, error) {
	kid, named := token.Header["kid"].(string)
	set := jwt.VerificationKeySet{}
	for _, k := range t.keys {
		if !named || k.ID == kid {
			set.Keys = append(set.Keys, k.secret)
		}
	}
	if len(set.Keys) == 0 {
		return nil, fmt.Errorf("no key is called %.64q", kid)
	}
	return set, nil
}

func refused(err error, message string) error {
	return fault.Wrap(fault.CodeUnknown, err, "%s", message).WithHint("get a new one: crystalyse token --user NAME")
}
