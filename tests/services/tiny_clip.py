"""Makes a folder with a CLIP of random weights, in the form of real ones: `python tiny_clip.py FOLDER DIM`."""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

SIDE = 32


def make(folder: Path, dim: int) -> None:
    parts = folder / "parts"
    parts.mkdir(parents=True)
    letters = [*string.ascii_lowercase, *(f"{c}</w>" for c in string.ascii_lowercase)]
    vocabulary = {word: n for n, word in enumerate([*letters, "<|startoftext|>", "<|endoftext|>"])}
    (parts / "vocab.json").write_text(json.dumps(vocabulary))
    (parts / "merges.txt").write_text("#version: 0.2\n")
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    words = len(vocabulary)
    text = {"vocab_size": words, "max_position_embeddings": 77, "bos_token_id": words - 2, "eos_token_id": words - 1}
    torch.manual_seed(1)
    config = CLIPConfig(
        text_config={**size, **text}, vision_config={**size, "image_size": SIDE, "patch_size": 8}, projection_dim=dim
    )
    CLIPModel(config).save_pretrained(parts)
    pictures = CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    CLIPProcessor(pictures, CLIPTokenizer.from_pretrained(parts)).save_pretrained(parts)
    SentenceTransformer(str(parts)).save(str(folder / "tiny-clip"))


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
