// Package rest is the HTTP door: gin under /api/v1, health endpoints beside it.
//
// A handler binds what it was sent, calls a port for the request's user and
// writes the answer. Nothing below a handler sees gin, and every error leaves
// through error.go as problem+json. What belongs to another user does not
// exist: it is the 404 of an unknown id.
package rest

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"crystalyse/api/gate"
	"crystalyse/internal/artifact"
	"crystalyse/internal/discovery"
	"crystalyse/internal/event"
	"crystalyse/internal/llm"
	"crystalyse/internal/memory"
	"crystalyse/internal/session"
	"crystalyse/internal/structure"
	"crystalyse/internal/tool"
)

// Deps is what the door needs. The stores, the Runner and Events are required.
type Deps struct {
	Discoveries discovery.Store
	Runner      discovery.Runner
	Events      event.Log
	Sessions    session.Store
	Structures  structure.Store

	// Memory is what users' earlier work left; nil means there is none.
	Memory *memory.Service
	// Consolidator starts its consolidation; nil means there is none.
	Consolidator memory.Consolidator

	// Keeper changes sessions; Workshop reads and writes structure files;
	// Artifacts holds trajectories and exports; Remover deletes. Required too.
	Keeper    session.Keeper
	Workshop  structure.Workshop
	Artifacts artifact.Store
	Remover   Remover

	// Tools lists what the agent can call. Nil means nothing.
	Tools func(ctx context.Context) ([]tool.Spec, error)
	// Asker lists the potentials. Nil means that nothing is known of them.
	Asker tool.Asker
	// Agents are the language models that answer; the built-in planner is one.
	Agents []llm.Identity
	// Endpoints keeps the models that users name, LLMHosts are the hosts they may
	// name, Dial gives the model behind one. Nil means that nobody names any.
	Endpoints llm.Endpoints
	LLMHosts  []string
	Dial      func(llm.Endpoint) llm.Model
	// States gives the condition of the MCP servers. Nil means there are none.
	States func(ctx context.Context) (map[string]tool.ServerState, error)
	// Health asks every dependency; a nil error is a healthy one. Nil means
	// there is nothing to ask.
	Health func(ctx context.Context) map[string]error
	// Running counts the discoveries that are not closed, of all users. Nil
	// means none.
	Running func(ctx context.Context) (int, error)

	// Gate says who may call and who asks. Defaults to the gate of single mode
	// or, without Single, to one that nobody passes.
	Gate *gate.Gate
	// Single says that there is one user and no token, when Gate is nil.
	Single bool
	// UserID names who asks instead of the gate; tests set it.
	UserID func(*http.Request) (string, error)
	// Sockets serves GET /ws/discovery/{session}. Nil means there are none.
	Sockets http.Handler
	// Viewers counts the open sockets. Nil means none.
	Viewers func() int
	// Page answers every GET outside of the API. Nil means there is no page.
	Page http.Handler
	// Rate limits the requests of one user. Its zero value is the default.
	Rate Rate
	// Limiter counts them together with what comes by another door. Defaults to
	// one of Rate.
	Limiter *Limiter

	// Registry is where metrics are registered and /metrics reads. Defaults to
	// a new one.
	Registry *prometheus.Registry
	// Logger defaults to slog.Default().
	Logger *slog.Logger
	// Now defaults to time.Now.
	Now func() time.Time
	// PollEvery is how often a waiting reader of events looks again. Defaults
	// to 250 milliseconds.
	PollEvery time.Duration
	// Done, when closed, ends waiting readers at once, so that a server that
	// stops does not sit out their patience. Nil means never.
	Done <-chan struct{}
}

func (d Deps) withDefaults() Deps {
	if d.Logger == nil {
		d.Logger = slog.Default()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.PollEvery <= 0 {
		d.PollEvery = 250 * time.Millisecond
	}
	if d.Registry == nil {
		d.Registry = prometheus.NewRegistry()
	}
	if d.Limiter == nil {
		d.Limiter = NewLimiter(d.Rate, d.Now)
	}
	if d.Gate == nil {
		d.Gate = gate.New(gate.Options{Single: d.Single})
	}
	if d.UserID == nil {
		g := d.Gate
		d.UserID = func(r *http.Request) (string, error) {
			who, err := g.Identify(r)
			return who.UserID, err
		}
	}
	if d.States == nil {
		d.States = func(context.Context) (map[string]tool.ServerState, error) { return map[string]tool.ServerState{}, nil }
	}
	if d.Tools == nil {
		d.Tools = func(context.Context) ([]tool.Spec, error) { return nil, nil }
	}
	if d.Health == nil {
		d.Health = func(context.Context) map[string]error { return nil }
	}
	if d.Viewers == nil {
		d.Viewers = func() int { return 0 }
	}
	if d.Running == nil {
		d.Running = func(context.Context) (int, error) { return 0, nil }
	}
	return d
}

// server is the door with its dependencies.
type server struct {
	Deps
	idle    *idle
	metrics *metrics
	known   potentials
}

// releaseMode quiets gin once: its mode is a variable of the process.
var releaseMode = sync.OnceFunc(func() { gin.SetMode(gin.ReleaseMode) })

// New gives the handler of the whole door.
func New(d Deps) http.Handler {
	releaseMode()
	s := &server{Deps: d.withDefaults()}
	s.idle = newIdle(s.Now)
	s.metrics = newMetrics(s.Registry, s.Running)
	g := gin.New()
	g.HandleMethodNotAllowed = true
	g.RedirectTrailingSlash = false
	g.Use(s.identify, s.trace, s.measure, s.recover, secure, s.guard)
	g.NoRoute(s.do(s.noRoute))
	g.NoMethod(s.do(noMethod))
	g.GET("/healthz", s.do(s.healthz))
	g.GET("/readyz", s.do(s.readyz))
	g.GET("/metrics", gin.WrapH(s.metrics.page))
	if s.Sockets != nil {
		g.GET("/ws/discovery/:session", gin.WrapH(s.Sockets))
	}

	s.routes(g.Group("/api/v1", s.count, s.limitBody))
	return g
}

// routes are the API's. Each answers for one user.
func (s *server) routes(api *gin.RouterGroup) {
	api.GET("/auth/me", s.owned(s.me))
	api.POST("/auth/session", s.owned(s.login))
	api.DELETE("/auth/session", s.owned(s.logout))
	api.POST("/auth/ticket", s.owned(s.ticket))
	api.POST("/discoveries", s.owned(s.createDiscovery))
	api.GET("/discoveries", s.owned(s.listDiscoveries))
	api.GET("/discoveries/:id", s.owned(s.getDiscovery))
	api.GET("/discoveries/:id/events", s.owned(s.followEvents))
	api.GET("/discoveries/:id/report", s.owned(s.getReport))
	api.GET("/discoveries/:id/bundle", s.owned(s.getBundle))
	api.POST("/discoveries/:id/cancel", s.owned(s.cancelDiscovery))
	api.POST("/discoveries/:id/updates", s.owned(s.updateDiscovery))
	api.GET("/discoveries/:id/state", s.owned(s.discoveryState))
	api.POST("/discoveries/:id/retry", s.owned(s.retryDiscovery))
	api.POST("/discoveries/:id/fork", s.owned(s.forkDiscovery))
	api.GET("/sessions", s.owned(s.listSessions))
	api.POST("/sessions", s.owned(s.createSession))
	api.GET("/sessions/:id", s.owned(s.getSession))
	api.DELETE("/sessions/:id", s.owned(s.deleteSession))
	api.DELETE("/discoveries/:id", s.owned(s.deleteDiscovery))
	api.PATCH("/sessions/:id", s.owned(s.renameSession))
	api.POST("/sessions/:id/end", s.owned(s.endSession))
	api.GET("/sessions/:id/events", s.owned(s.sessionEvents))
	api.POST("/structures", s.owned(s.uploadStructure))
	api.GET("/structures/:id", s.owned(s.getStructure))
	api.GET("/structures/:id/compact", s.owned(s.getCompact))
	api.GET("/structures/:id/trajectory", s.owned(s.getTrajectory))
	api.GET("/structures/:id/annotations", s.owned(s.getAnnotations))
	api.GET("/structures/:id/export", s.owned(s.exportStructure))
	api.GET("/structures/:id/cif", s.owned(s.getCIF))
	api.GET("/status", s.owned(s.status))
	s.memoryRoutes(api)
	api.GET("/openapi.json", s.do(openAPI))
	api.GET("/tools", s.owned(s.tools))
	api.GET("/models", s.owned(s.models))
	api.GET("/llm", s.owned(s.getEndpoint))
	api.PUT("/llm", s.owned(s.putEndpoint))
	api.DELETE("/llm", s.owned(s.deleteEndpoint))
	api.POST("/llm/test", s.owned(s.testEndpoint))
}

// handler is a route: an error it returns is written by error.go.
type handler func(c *gin.Context) error

// ownedHandler is a route that answers for one user.
type ownedHandler func(c *gin.Context, userID string) error

func (s *server) do(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			s.fail(c, err)
		}
	}
}

func (s *server) owned(h ownedHandler) gin.HandlerFunc {
	return s.do(func(c *gin.Context) error {
		userID, err := s.UserID(c.Request)
		if err != nil {
			return err
		}
		done, err := s.Limiter.Enter(userID)
		if err != nil {
			return err
		}
		defer done()
		return h(c, userID)
	})
}

// Server gives an http.Server with the limits this door needs: a waiting reader
// holds its request for up to 30 seconds, a slow sender must not hold one longer.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      maxWait + 30*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
