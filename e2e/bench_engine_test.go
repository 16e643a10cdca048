//go:build bench

package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	temporal "go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"crystalyse/internal/embedded"
	"crystalyse/internal/embedded/embeddedtest"
)

// engineOnPostgres starts Temporal's own server (the programs `server` and `sql`
// in the folder CRYSTALYSE_BENCH_ENGINE, see `make bench-durable-postgres`) with
// PostgreSQL as its store, and gives what lets a stack use it. Without the folder
// it gives nothing: the stack has its embedded engine. Its list of runs, which no
// step waits for, is in SQLite: on PostgreSQL it needs an extension (btree_gin)
// that the embedded one comes without.
func engineOnPostgres(t *testing.T) []string {
	t.Helper()
	bin := os.Getenv("CRYSTALYSE_BENCH_ENGINE")
	if bin == "" {
		return nil
	}
	dir := t.TempDir()
	c := engineConfig{Main: database(t), Visibility: filepath.Join(dir, "visibility.db"), Dynamic: filepath.Join(dir, "dynamic.yaml")}
	for _, p := range []*int{&c.Frontend, &c.FrontendPeer, &c.History, &c.HistoryPeer, &c.Matching, &c.MatchingPeer, &c.Worker, &c.WorkerPeer} {
		*p = freePort(t)
	}
	sql := func(args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, "sql"), append([]string{"--plugin", "postgres12", "--ep", c.Main.Host, "-p", c.Main.Port, "-u", c.Main.User, "--db", c.Main.Name}, args...)...)
		cmd.Env = append(os.Environ(), "SQL_PASSWORD="+c.Main.Password)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
	}
	sql("setup-schema", "-v", "0.0")
	sql("update-schema", "--schema-name", "postgresql/v12/temporal")
	require.NoError(t, os.WriteFile(c.Dynamic, []byte(engineDynamic), 0o600))
	var body bytes.Buffer
	require.NoError(t, template.Must(template.New("").Parse(engineYAML)).Execute(&body, c))
	file := filepath.Join(dir, "engine.yaml")
	require.NoError(t, os.WriteFile(file, body.Bytes(), 0o600))
	log, err := os.Create(filepath.Join(dir, "engine.log"))
	require.NoError(t, err)
	cmd := exec.Command(filepath.Join(bin, "server"), "--config-file", file, "--allow-no-auth", "start")
	cmd.Stdout, cmd.Stderr = log, log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone
		_ = cmd.Wait()
		_ = log.Close()
	})
	address := fmt.Sprint("127.0.0.1:", c.Frontend)
	prepareEngine(t, address, log.Name())
	return []string{"TEMPORAL_ADDRESS=" + address}
}

// prepareEngine waits for the server and gives it the namespace and the search
// attributes, as an operator does.
func prepareEngine(t *testing.T, address, log string) {
	t.Helper()
	c, err := temporal.NewLazyClient(temporal.Options{HostPort: address})
	require.NoError(t, err)
	defer c.Close()
	ready := func() bool {
		_, err := c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
			Namespace: "default", WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour)})
		return err == nil
	}
	if !waited(2*time.Minute, ready) {
		body, _ := os.ReadFile(log)
		t.Fatalf("the engine does not start: %s", body[max(0, len(body)-4000):])
	}
	attributes := map[string]enums.IndexedValueType{}
	for _, a := range embedded.SearchAttributes {
		attributes[a] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	require.Eventually(t, func() bool {
		_, err := c.OperatorService().AddSearchAttributes(t.Context(), &operatorservice.AddSearchAttributesRequest{Namespace: "default", SearchAttributes: attributes})
		return err == nil
	}, 2*time.Minute, time.Second)
}

func waited(most time.Duration, ok func() bool) bool {
	for end := time.Now().Add(most); time.Now().Before(end); <-time.After(500 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

type engineDatabase struct{ Host, Port, User, Password, Name string }

func database(t *testing.T) engineDatabase {
	t.Helper()
	u, err := url.Parse(embeddedtest.Postgres(t))
	require.NoError(t, err)
	pw, _ := u.User.Password()
	return engineDatabase{Host: u.Hostname(), Port: u.Port(), User: u.User.Username(), Password: pw, Name: u.Path[1:]}
}

// freePort gives one below 32768: the server's table of its members holds no
// higher one.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port)); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

type engineConfig struct {
	Main                                                                                     engineDatabase
	Visibility, Dynamic                                                                      string
	Frontend, FrontendPeer, History, HistoryPeer, Matching, MatchingPeer, Worker, WorkerPeer int
}

const engineDynamic = `system.enableActivityEagerExecution: [{value: true}]
frontend.WorkflowPauseEnabled: [{value: true}]
matching.enableFairness: [{value: true}]
system.forceSearchAttributesCacheRefreshOnRead: [{value: true}]
`

const engineYAML = `log: {stdout: true, level: warn}
persistence:
  defaultStore: main
  visibilityStore: visibility
  numHistoryShards: 4
  datastores:
    main: {sql: {pluginName: postgres12, databaseName: {{.Main.Name}}, connectAddr: "{{.Main.Host}}:{{.Main.Port}}", connectProtocol: tcp, user: {{.Main.User}}, password: "{{.Main.Password}}", maxConns: 20, maxIdleConns: 20, maxConnLifetime: 1h}}
    visibility: {sql: {pluginName: sqlite, databaseName: "{{.Visibility}}", connectAddr: localhost, connectProtocol: tcp, connectAttributes: {cache: private, setup: true, journal_mode: wal, synchronous: 2}, maxConns: 1, maxIdleConns: 1, maxConnLifetime: 1h}}
global:
  membership: {maxJoinDuration: 30s, broadcastAddress: 127.0.0.1}
services:
  frontend: {rpc: {grpcPort: {{.Frontend}}, membershipPort: {{.FrontendPeer}}, bindOnLocalHost: true}}
  history: {rpc: {grpcPort: {{.History}}, membershipPort: {{.HistoryPeer}}, bindOnLocalHost: true}}
  matching: {rpc: {grpcPort: {{.Matching}}, membershipPort: {{.MatchingPeer}}, bindOnLocalHost: true}}
  worker: {rpc: {grpcPort: {{.Worker}}, membershipPort: {{.WorkerPeer}}, bindOnLocalHost: true}}
clusterMetadata:
  enableGlobalNamespace: false
  failoverVersionIncrement: 10
  masterClusterName: active
  currentClusterName: active
  clusterInformation:
    active: {enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "127.0.0.1:{{.Frontend}}"}
dcRedirectionPolicy: {policy: noop}
dynamicConfigClient: {filepath: "{{.Dynamic}}", pollInterval: 60s}
`
