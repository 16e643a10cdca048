package login_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"crystalyse/internal/adapter/redis/login"
	"crystalyse/internal/auth"
	"crystalyse/internal/embedded/embeddedtest"
	"crystalyse/internal/fault"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	address := embeddedtest.Redis(t)
	s, err := login.Open(address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	ctx := t.Context()
	require.NoError(t, s.Ping(ctx))
	o, err := redis.ParseURL(address)
	require.NoError(t, err)
	raw := redis.NewClient(o)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })

	t.Run("ATicketOpensOnce", func(t *testing.T) {
		secret := auth.Secret()
		require.NoError(t, s.SaveTicket(ctx, auth.Hash(secret), auth.Ticket{UserID: "ada", TokenID: "t"}))
		left, err := raw.TTL(ctx, "auth:ticket:"+auth.Hash(secret)).Result()
		require.NoError(t, err)
		require.LessOrEqual(t, left, auth.TicketTTL)
		require.Positive(t, left, "it expires by itself")
		var taken atomic.Int32
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if got, err := s.TakeTicket(ctx, auth.Hash(secret)); err == nil && got.UserID == "ada" {
					taken.Add(1)
				}
			})
		}
		wg.Wait()
		require.Equal(t, int32(1), taken.Load())
		_, err = s.TakeTicket(ctx, auth.Hash(secret))
		require.True(t, fault.Is(err, fault.CodeNotFound))
	})
	t.Run("LoginsEnd", func(t *testing.T) {
		key := auth.Hash(auth.Secret())
		l := auth.Login{UserID: "ada", TokenID: "t", CSRF: "c", Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second)}
		require.NoError(t, s.SaveLogin(ctx, key, l))
		got, err := s.FindLogin(ctx, key)
		require.NoError(t, err)
		require.Equal(t, l, got)
		left, err := raw.TTL(ctx, "auth:login:"+key).Result()
		require.NoError(t, err)
		require.LessOrEqual(t, left, time.Hour)
		require.Positive(t, left)
		require.NoError(t, s.EndLogin(ctx, key))
		_, err = s.FindLogin(ctx, key)
		require.True(t, fault.Is(err, fault.CodeNotFound))
		require.NoError(t, s.SaveLogin(ctx, key, auth.Login{Expires: time.Now().Add(-time.Second)}))
		_, err = s.FindLogin(ctx, key)
		require.True(t, fault.Is(err, fault.CodeNotFound), "one that is over is not kept")
	})
	t.Run("Revocations", func(t *testing.T) {
		id := auth.Secret()
		gone, err := s.Revoked(ctx, id)
		require.NoError(t, err)
		require.False(t, gone)
		require.NoError(t, s.Revoke(ctx, id, time.Now().Add(time.Hour)))
		gone, err = s.Revoked(ctx, id)
		require.NoError(t, err)
		require.True(t, gone)
	})
}

func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	s, err := login.Open("redis://:secret@127.0.0.1:1/0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	_, err = s.Revoked(t.Context(), "t")
	require.True(t, fault.Is(err, fault.CodeUnavailable))
	_, err = login.Open("http://secret@nowhere")
	require.True(t, fault.Is(err, fault.CodeInvalid))
	require.NotContains(t, err.Error(), "secret")
}
