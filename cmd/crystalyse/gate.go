package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"crystalyse/api/gate"
	"crystalyse/internal/adapter/postgres"
	"crystalyse/internal/adapter/redis/login"
	"crystalyse/internal/auth"
	"crystalyse/internal/config"
	"crystalyse/internal/fault"
)

// entrance is the gate with what it holds open.
type entrance struct {
	gate   *gate.Gate
	logins *login.Store
}

func (e entrance) close() {
	if e.logins != nil {
		_ = e.logins.Close() // nothing is lost with a connection
	}
}

// openGate wires who may call: one user of this machine, or signed tokens.
func openGate(cfg *config.Config, db *postgres.DB) (entrance, error) {
	o := gate.Options{Single: cfg.Auth == "single", Hosts: cfg.Hosts(), Origins: cfg.Origins(), Users: db.Users()}
	e := entrance{}
	if cfg.RedisURL != "" {
		var err error
		if e.logins, err = login.Open(cfg.RedisURL.Reveal()); err != nil {
			return e, err
		}
		o.Logins = e.logins
	}
	if !o.Single {
		if o.Logins == nil {
			return e, fault.Invalid("REDIS_URL", "is missing").WithHint("logins and revocations of jwt mode live in Redis")
		}
		var err error
		if o.Tokens, err = tokens(cfg); err != nil {
			e.close()
			return e, err
		}
	}
	e.gate = gate.New(o)
	return e, nil
}

func tokens(cfg *config.Config) (*auth.Tokens, error) {
	var keys []auth.Key
	if cfg.JWTKeys != "" {
		var err error
		if keys, err = auth.ParseKeys(cfg.JWTKeys.Reveal()); err != nil {
			return nil, fault.Invalid("CRYSTALYSE_JWT_KEYS", "%s", err.Error())
		}
	}
	return auth.NewTokens(keys, cfg.JWTAudience, nil)
}

// orNone turns the setting's 0, no limit, into the API's negative.
func orNone(perMinute int) int {
	if perMinute == 0 {
		return -1
	}
	return perMinute
}

func tokenCommand() *cobra.Command {
	var user string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use: "token", Short: "Sign a token for a user of jwt mode (needs CRYSTALYSE_JWT_KEYS)", Args: cobra.NoArgs,
		Long: `Signs a token with the first key of CRYSTALYSE_JWT_KEYS and prints it.
Send it as "Authorization: Bearer <token>", paste it into the sign-in page, or
set it as CRYSTALYSE_TOKEN for the terminal. It ends by itself; to end it
before, send DELETE /api/v1/auth/session with it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if user == "" {
				return fault.Invalid("--user", "is missing").WithHint("name the user: crystalyse token --user ada")
			}
			cfg, err := load(cmd)
			if err != nil {
				return err
			}
			t, err := tokens(cfg)
			if err != nil {
				return err
			}
			signed, err := t.Sign(user, ttl)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), signed)
			return nil
		},
	}
	cmd.Flags().StringVar(&user, "user", "", "name of the user")
	cmd.Flags().DurationVar(&ttl, "ttl", 24*time.Hour, "how long it is good for")
	fromVariables(cmd)
	return cmd
}
