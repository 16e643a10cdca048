package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	width = 384
	batch = 64
)

// endpoint is the embedding server.
type endpoint struct{ url, key, model string }

// embed gives the vectors as they travel: little-endian float32.
func (e endpoint) embed(ctx context.Context, texts []string) ([][]byte, error) {
	body, err := json.Marshal(map[string]any{"model": e.model, "input": texts, "encoding_format": "base64"})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url+"/embeddings", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+e.key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the embedding server answers %s", resp.Status)
	}
	var out struct {
		Data []struct {
			Embedding string `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return nil, err
	}
	vectors := make([][]byte, len(out.Data))
	for i, d := range out.Data {
		if vectors[i], err = base64.StdEncoding.DecodeString(d.Embedding); err != nil {
			return nil, err
		}
	}
	return vectors, nil
}

// cached gives n vectors of the generator, embedding what the file lacks. It may
// be cut off anywhere: whole vectors in the file are kept. It also tells the time
// spent embedding, over all starts.
func cached(ctx context.Context, path string, n int, text func(int) string, e func() (endpoint, error)) ([][]float32, time.Duration, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	have := int(st.Size()) / (4 * width)
	spent := spentBefore(path)
	if have < n {
		if spent, err = fill(ctx, f, path, have, n, text, e, spent); err != nil {
			return nil, 0, err
		}
	}
	raw := make([]byte, n*4*width)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, int64(len(raw))), raw); err != nil {
		return nil, 0, err
	}
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, width)
		for j := range out[i] {
			out[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*(i*width+j):]))
		}
	}
	return out, spent, nil
}

func spentBefore(path string) time.Duration {
	body, err := os.ReadFile(path + ".seconds")
	var s float64
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(body), &s); err != nil {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

func fill(ctx context.Context, f *os.File, path string, have, n int, text func(int) string, open func() (endpoint, error), spent time.Duration) (time.Duration, error) {
	e, err := open()
	if err != nil {
		return 0, err
	}
	if _, err := f.Seek(int64(have)*4*width, io.SeekStart); err != nil {
		return 0, err
	}
	last := time.Now()
	for have < n {
		texts := []string{}
		for i := have; i < min(n, have+batch); i++ {
			texts = append(texts, text(i))
		}
		vectors, err := e.embed(ctx, texts)
		if err != nil {
			return spent, err
		}
		if _, err := f.Write(bytes.Join(vectors, nil)); err != nil {
			return spent, err
		}
		have += len(vectors)
		spent += time.Since(last)
		last = time.Now()
		if err := os.WriteFile(path+".seconds", fmt.Appendf(nil, "%.1f\n", spent.Seconds()), 0o644); err != nil {
			return spent, err
		}
		if have%6400 == 0 {
			fmt.Fprintf(os.Stderr, "embedded %d of %d in %s\n", have, n, spent.Round(time.Second))
		}
	}
	return spent, nil
}
