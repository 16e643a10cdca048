package auth_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/auth"
	"crystalyse/internal/fault"
)

const (
	oldSecret = "0123456789abcdef0123456789abcdef"
	newSecret = "fedcba9876543210fedcba9876543210"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func tokens(t testing.TB, keys, audience string, now time.Time) *auth.Tokens {
	t.Helper()
	k, err := auth.ParseKeys(keys)
	require.NoError(t, err)
	out, err := auth.NewTokens(k, audience, func() time.Time { return now })
	require.NoError(t, err)
	return out
}

// forge signs anything with a key we know.
func forge(t *testing.T, method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	s, err := token.SignedString(key)
	require.NoError(t, err)
	return s
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	text, err := tokens(t, "a:"+oldSecret, "crystalyse", noon).Sign("ada@lab", time.Hour)
	require.NoError(t, err)
	who, err := tokens(t, "a:"+oldSecret, "crystalyse", noon.Add(59*time.Minute)).Verify(text)
	require.NoError(t, err)
	require.Equal(t, "ada@lab", who.UserID)
	require.Equal(t, noon.Add(time.Hour), who.Expires.UTC())
	require.NotEmpty(t, who.TokenID)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before, err := tokens(t, "a:"+oldSecret, "", noon).Sign("ada", time.Hour)
	require.NoError(t, err)
	both := tokens(t, "b:"+newSecret+", a:"+oldSecret, "", noon)
	_, err = both.Verify(before)
	require.NoError(t, err, "the old key verifies until it is dropped")
	after, err := both.Sign("ada", time.Hour)
	require.NoError(t, err)
	alone := tokens(t, "b:"+newSecret, "", noon)
	_, err = alone.Verify(after)
	require.NoError(t, err, "the new key signs")
	_, err = alone.Verify(before)
	require.True(t, fault.Is(err, fault.CodeUnknown))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	good := jwt.MapClaims{"user_id": "ada", "exp": noon.Add(time.Hour).Unix(), "aud": "crystalyse"}
	with := func(k string, v any) jwt.MapClaims {
		c := jwt.MapClaims{}
		for name, x := range good {
			c[name] = x
		}
		if c[k] = v; v == nil {
			delete(c, k)
		}
		return c
	}
	key := []byte(oldSecret)
	hs := jwt.SigningMethodHS256
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"user_id":"ada","exp":4102444800,"aud":"crystalyse"}`)) + "."
	signed := forge(t, hs, key, "a", good)
	for name, text := range map[string]string{
		"AlgNone":         forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "a", good),
		"AlgNoneByHand":   unsigned,
		"AnotherAlg":      forge(t, jwt.SigningMethodHS512, key, "a", good),
		"AnotherAudience": forge(t, hs, key, "a", with("aud", "elsewhere")),
		"Empty":           "",
		"Expired":         forge(t, hs, key, "a", with("exp", noon.Add(-time.Minute).Unix())),
		"ForeignKey":      forge(t, hs, []byte(newSecret), "a", good),
		"NoAudience":      forge(t, hs, key, "a", with("aud", nil)),
		"NoEnd":           forge(t, hs, key, "a", with("exp", nil)),
		"NoUser":          forge(t, hs, key, "a", with("user_id", nil)),
		"NotYet":          forge(t, hs, key, "a", with("nbf", noon.Add(time.Minute).Unix())),
		"OddUser":         forge(t, hs, key, "a", with("user_id", "ada lovelace\n")),
		"Tampered":        strings.Replace(signed, ".", ".e", 1),
		"TooLong":         signed + strings.Repeat("A", 5000),
		"UnknownKey":      forge(t, hs, key, "z", good),
		"UserIsNumber":    forge(t, hs, key, "a", with("user_id", 7)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tokens(t, "a:"+oldSecret, "crystalyse", noon).Verify(text)
			require.True(t, fault.Is(err, fault.CodeUnknown), "%v", err)
			require.NotEmpty(t, fault.Hint(err))
		})
	}
	_, err := tokens(t, "a:"+oldSecret, "crystalyse", noon).Verify(signed)
	require.NoError(t, err, "the others are refused for what differs")
	who, err := tokens(t, "x:"+newSecret+",a:"+oldSecret, "", noon).Verify(forge(t, hs, key, "", good))
	require.NoError(t, err, "a token that names no key is tried with each")
	require.Len(t, who.TokenID, 64, "a token without an id is known by its hash")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"Empty": "", "NoName": ":" + oldSecret, "NoSecret": "a", "Short": "a:short-secret", "Twice": "a:" + oldSecret + ",a:" + newSecret} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := auth.ParseKeys(text)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "short-secret")
			require.NotContains(t, err.Error(), oldSecret)
		})
	}
	_, err := auth.NewTokens(nil, "", nil)
	require.ErrorContains(t, err, "CRYSTALYSE_JWT_KEYS")
	_, err = tokens(t, "a:"+oldSecret, "", noon).Sign("", time.Hour)
	require.True(t, fault.Is(err, fault.CodeInvalid))
	_, err = tokens(t, "a:"+oldSecret, "", noon).Sign("ada", 0)
	require.ErrorContains(t, err, "ttl")
}

// FuzzVerify: whatever is sent, only what we signed is somebody.
func FuzzVerify(f *testing.F) {
	tk := tokens(f, "a:"+oldSecret, "", noon)
	// The same in every process of the fuzzer: no id, no time of its own.
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"user_id": "ada", "exp": noon.Add(time.Hour).Unix()})
	signed, err := token.SignedString([]byte(oldSecret))
	require.NoError(f, err)
	f.Add(signed)
	f.Add("eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiYWRhIiwiZXhwIjo5OTk5OTk5OTk5fQ.")
	f.Add("..")
	head := signed[:strings.LastIndex(signed, ".")]
	f.Fuzz(func(t *testing.T, text string) {
		who, err := tk.Verify(text)
		if err == nil && (!strings.HasPrefix(text, head) || who.UserID != "ada") {
			t.Fatalf("%q passed as %q", text, who.UserID)
		}
		if err != nil && !fault.Is(err, fault.CodeUnknown) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
