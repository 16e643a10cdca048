"""The local embedding model behind the OpenAI wire."""
