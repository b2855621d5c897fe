"""Train the tiny chat model that ships with lexel: tokenizer, weights, chat template, from nothing.

    python examples/train_tiny_model.py [FOLDER] [--steps 3000]

About five minutes on one thread. The texts come from `lexel.serving.tiny_world`: stories and questions of one small
village. The default folder is the one in the package, so a run without arguments makes the shipped files anew.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from pathlib import Path

import torch
from torch.nn import functional

from lexel import AutoTokenizer, LlamaTokenizer
from lexel.runtime import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from lexel.serving.demo import TINY_MODEL
from lexel.serving.tiny_world import chats

LEARNED = 640  # tokens
BATCH = 16
# The conversations of a window are sorted by length, so that the rows of a batch need little padding.
WINDOW = 4 * BATCH
PIECE = re.compile(r" ?\w+|[^\w]")  # a word with the space before it, or one other character
PEAK_RATE = 4e-3
WARM_UP = 50
IGNORED = -100

# ChatML: every turn between two special tokens. What the model itself says stands in a generation block, so that
# `return_assistant_tokens_mask` tells its tokens from the others.
TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def train_tokenizer() -> LlamaTokenizer:
    """Return a Llama tokenizer trained on the village's texts, which can hold a conversation."""
    messages = [message for chat in chats(seed=1, count=5000) for message in chat]
    # Piece by piece: a Llama tokenizer does not split its text, and would make tokens of whole phrases.
    pieces = [PIECE.findall(f"{message['role']}\n{message['content']}") for message in messages]
    # A turn begins after a mark, not after a space.
    empty = LlamaTokenizer(add_prefix_space=False)
    model = json.loads(empty.train_new_from_iterator(pieces, LEARNED).backend_tokenizer.to_str())["model"]
    # With the 256 bytes beside what was learned, no text is unknown.
    bytes_ = {f"<0x{byte:02X}>": LEARNED + byte for byte in range(256)}
    tok = LlamaTokenizer(
        {**model["vocab"], **bytes_},
        [tuple(merge) for merge in model["merges"]],
        add_prefix_space=False,
        eos_token="<|im_end|>",
        pad_token="<unk>",
        extra_special_tokens=["<|im_start|>"],
    )
    tok.chat_template = TEMPLATE
    return tok


def examples(tok: LlamaTokenizer, count: int) -> list[tuple[list[int], list[int]]]:
    """Return (ids, labels) of that many conversations; only the answers are learned."""
    rows = []
    for chat in chats(seed=2, count=count):
        batch = tok.apply_chat_template(chat, return_dict=True, return_assistant_tokens_mask=True)
        ids, mask = batch["input_ids"], batch["assistant_masks"]
        rows.append((ids, [id if kept else IGNORED for id, kept in zip(ids, mask, strict=True)]))
    return rows


def batches(rows: list[tuple[list[int], list[int]]], pad: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the rows as padded batches: ids and labels, int64 [BATCH, length]."""
    rng = random.Random(3)
    made = []
    for start in range(0, len(rows), WINDOW):
        window = sorted(rows[start : start + WINDOW], key=lambda row: len(row[0]))
        group = [window[i : i + BATCH] for i in range(0, len(window), BATCH)]
        rng.shuffle(group)
        for batch in group:
            length = max(len(ids) for ids, _ in batch)
            made.append(
                (
                    torch.tensor([ids + [pad] * (length - len(ids)) for ids, _ in batch]),
                    torch.tensor([labels + [IGNORED] * (length - len(labels)) for _, labels in batch]),
                )
            )
    return made


def train_model(tok: LlamaTokenizer, steps: int) -> LlamaForCausalLM:
    """Return a model of 0.4 million parameters that has learned to answer."""
    config = LlamaConfig(
        vocab_size=len(tok),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=3,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=tok.bos_token_id,
        eos_token_id=tok.eos_token_id,
        pad_token_id=tok.pad_token_id,
    )
    model = LlamaForCausalLM(config)
    print(f"{sum(weight.numel() for weight in model.parameters()):,} parameters, {len(tok)} tokens")
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.05)
    model.train()
    start = time.perf_counter()
    for step, (ids, labels) in enumerate(batches(examples(tok, steps * BATCH), tok.pad_token_id)):
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min((step + 1) / WARM_UP, 1 - step / steps)
        logits = model(ids, use_cache=False).logits  # [B, T, V]
        loss = functional.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 200 == 0 or step == steps - 1:
            print(f"step {step:5}  loss {loss.item():.3f}  {time.perf_counter() - start:4.0f} s", flush=True)
    return model.eval()


def main() -> None:
    """Train, save, and show a few answers."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", nargs="?", type=Path, default=TINY_MODEL)
    arguments.add_argument("--steps", type=int, default=3000)
    chosen = arguments.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tok = train_tokenizer()
    train_model(tok, chosen.steps).to(torch.bfloat16).save_pretrained(chosen.folder)
    tok.save_pretrained(chosen.folder)

    tok, model = AutoTokenizer.from_pretrained(chosen.folder), AutoModelForCausalLM.from_pretrained(chosen.folder)
    for question in ("Hello!", "Who bakes the bread?", "Tell me a story about Pip the mouse."):
        messages = [{"role": "user", "content": question}]
        prompt = tok.apply_chat_template(messages, add_generation_prompt=True, return_dict=True, return_tensors="pt")
        answer = model.generate(**prompt, max_new_tokens=120, do_sample=False)
        print(f"\n> {question}\n{tok.decode(answer[0, prompt['input_ids'].shape[1] :], skip_special_tokens=True)}")


if __name__ == "__main__":
    main()
