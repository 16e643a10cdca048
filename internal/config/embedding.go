package config

import "cmp"

// Endpoint is a service that speaks OpenAI's wire.
type Endpoint struct {
	BaseURL string
	APIKey  Secret
	Model   string
}

// OpenAI is the address of OpenAI itself.
const OpenAI = "https://api.openai.com/v1"

// Embedding gives the endpoint that embeds memories: the one configured, else
// the language model's when there is a key. Without one, the stack's own server
// embeds, and tells its processes by these very settings.
func (c *Config) Embedding() (Endpoint, bool) {
	switch {
	case c.EmbeddingBaseURL != "":
		return Endpoint{BaseURL: c.EmbeddingBaseURL, APIKey: c.EmbeddingAPIKey, Model: c.EmbeddingModel}, true
	case c.OpenAIAPIKey != "":
		return Endpoint{BaseURL: cmp.Or(c.OpenAIBaseURL, OpenAI), APIKey: c.OpenAIAPIKey, Model: c.EmbeddingModel}, true
	}
	return Endpoint{}, false
}
