package openai

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"

	"crystalyse/internal/fault"
	"crystalyse/internal/memory"
)

// EmbedConfig says which endpoint makes vectors.
type EmbedConfig struct {
	BaseURL string // ends in /v1
	APIKey  string
	Model   string
	// Transport is for tests; default http.DefaultTransport.
	Transport http.RoundTripper
}

// Embedder makes vectors over the wire. It retries nothing: those who can wait
// come again.
type Embedder struct {
	cfg    EmbedConfig
	client *http.Client
}

var _ memory.Embedder = (*Embedder)(nil)

// NewEmbedder gives an embedder of the endpoint; it does not connect yet.
func NewEmbedder(cfg EmbedConfig) *Embedder {
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	return &Embedder{cfg: cfg, client: &http.Client{Transport: cfg.Transport}}
}

// Model names the model.
func (e *Embedder) Model() string { return e.cfg.Model }

// maxEmbedReply bounds what an endpoint may send: 2048 vectors of 3072 numbers.
const maxEmbedReply = 64 << 20

// Embed gives one vector a text.
func (e *Embedder) Embed(ctx context.Context, texts []string) ([][]float32, error) {
	body, err := json.Marshal(map[string]any{"model": e.cfg.Model, "input": texts, "encoding_format": "base64"})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.cfg.BaseURL+"/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, fault.Invalid("CRYSTALYSE_EMBEDDING_BASE_URL", "is not an address")
	}
	req.Header.Set("Content-Type", "application/json")
	if e.cfg.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+e.cfg.APIKey)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fault.Wrap(fault.CodeUnavailable, ctx.Err(), "the embedding service did not answer in time")
		}
		// The error repeats the address; the cause below it does not.
		return nil, fault.New(fault.CodeUnavailable, "the embedding service does not answer")
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // a provider may echo the key
		return nil, statusFault(resp.StatusCode, e.cfg.Model)
	}
	var out struct {
		Data []struct {
			Index     int             `json:"index"`
			Embedding json.RawMessage `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxEmbedReply)).Decode(&out); err != nil {
		return nil, fault.Wrap(fault.CodeUnavailable, err, "the embedding service sent no vectors")
	}
	vectors := make([][]float32, len(texts))
	for _, d := range out.Data {
		if d.Index < 0 || d.Index >= len(vectors) {
			return nil, fault.New(fault.CodeUnavailable, "the embedding service numbered its vectors wrongly")
		}
		if vectors[d.Index], err = decodeVector(d.Embedding); err != nil {
			return nil, err
		}
	}
	return vectors, sameWidth(vectors)
}

func statusFault(status int, model string) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.CodeUnavailable, "the embedding service refuses the key").WithHint("check OPENAI_API_KEY or CRYSTALYSE_EMBEDDING_API_KEY")
	case http.StatusNotFound:
		return fault.New(fault.CodeUnavailable, "the embedding service has no model %q", model).WithHint("check CRYSTALYSE_EMBEDDING_MODEL and the address (it usually ends in /v1)")
	}
	if status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity {
		return fault.New(fault.CodeInvalid, "the embedding service does not take a text (%d)", status)
	}
	return fault.New(fault.CodeUnavailable, "the embedding service answers %d", status)
}

// decodeVector reads a vector in either form: some endpoints know only one.
func decodeVector(raw json.RawMessage) ([]float32, error) {
	var packed string
	if json.Unmarshal(raw, &packed) != nil {
		var plain []float32
		if err := json.Unmarshal(raw, &plain); err != nil {
			return nil, fault.Wrap(fault.CodeUnavailable, err, "the embedding service sent no vectors")
		}
		return plain, nil
	}
	body, err := base64.StdEncoding.DecodeString(packed)
	if err != nil || len(body)%4 != 0 {
		return nil, fault.New(fault.CodeUnavailable, "the embedding service sent a broken vector")
	}
	out := make([]float32, len(body)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
	}
	return out, nil
}

// sameWidth refuses an answer with a vector missing, broken or of another width.
func sameWidth(vectors [][]float32) error {
	for _, v := range vectors {
		if len(v) == 0 || len(v) != len(vectors[0]) {
			return fault.New(fault.CodeUnavailable, "the embedding service did not send a vector for every text")
		}
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return fault.New(fault.CodeUnavailable, "the embedding service sent a vector that is none")
			}
		}
	}
	return nil
}
