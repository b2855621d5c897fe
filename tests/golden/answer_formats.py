"""How published models write their answers: a response template for each of their notations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_CALL = {"type": "function", "function": {"name": "{name}", "arguments": "{content}"}}
_WHOLE_CALL = {"type": "function", "function": "{content}"}
_THINK = {"open": "<think>", "close": "</think>"}
# Where the end is written without the beginning when there was no thought.
_THOUGHT = {"open_pattern": r"\s*<think>|\s*(?=</think>)", "close": "</think>"}
_JSON_CALL = {"content": "json", "repeats": True, "transform": _WHOLE_CALL}
_NAMED_CALL = {"content": "json", "repeats": True, "transform": _CALL}


def _xml_call(tags: str, **sides: str) -> dict[str, Any]:
    return {
        "repeats": True,
        "content": "xml-inline",
        "content_args": {"tag_pattern": tags},
        "transform": _CALL,
        **sides,
    }


@dataclass(frozen=True)
class Format:
    """The response template of some models, and what of a message their chat templates write."""

    models: tuple[str, ...]
    anchor: str
    content: dict[str, Any]
    reasoning: dict[str, Any] | None = None
    calls: dict[str, Any] | None = None
    lacks: str = ""
    """What their chat templates cannot write: combinations of r(easoning), c(ontent) and t(ool call), by spaces."""

    @property
    def response_template(self) -> dict[str, Any]:
        """As a tokenizer's configuration would have it."""
        fields = {"content": self.content, "reasoning_content": self.reasoning, "tool_calls": self.calls}
        return {
            "defaults": {"role": "assistant"},
            "start_anchor": self.anchor,
            "fields": {name: field for name, field in fields.items() if field is not None},
        }


def _until(*ends: str) -> dict[str, Any]:
    """Text up to any of the ends; white space before them would open an empty region behind them."""
    import re

    return {"close_pattern": rf"\s*(?:{'|'.join(map(re.escape, ends))})\s*"}


_HERMES = {"open_pattern": r"\s*<tool_call>", "close": "</tool_call>", **_JSON_CALL}
_QWEN_XML = _xml_call(
    r"<parameter=(?P<key>[^>\n]+)>\n?(?P<value>.*?)\n?</parameter>",
    open_pattern=r"\s*<tool_call>\s*<function=(?P<name>[^>\n]+)>",
    close_pattern=r"</function>\s*</tool_call>",
)
_ARG_KEYS = _xml_call(
    r"<arg_key>(?P<key>.*?)</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>",
    open_pattern=r"\s*<tool_call>(?P<name>\w+)",
    close="</tool_call>",
)
_DSML = _xml_call(
    r'<｜DSML｜parameter name="(?P<key>[^"]+)" string="\w+">(?P<value>.*?)</｜DSML｜parameter>',
    open_pattern=r'\s*(?:<｜DSML｜\w+>\s*)?<｜DSML｜invoke name="(?P<name>[^"]+)">',
    close_pattern=r"</｜DSML｜invoke>(?:\s*</｜DSML｜(?:tool_calls|function_calls)>)?",
)
_CHATML, _IM_END = "<|im_start|>assistant\n", _until("<|im_end|>")
_LLAMA, _EOT = "<|start_header_id|>assistant<|end_header_id|>\n\n", _until("<|eot_id|>")

FORMATS = (
    Format(("MiMo-VL", "Qwen-QwQ-32B"), _CHATML, _IM_END, _THINK, _HERMES, lacks="r rt rct"),
    Format(("Qwen-Qwen3-0.6B", "Qwen-Qwen3-upstream"), _CHATML, _IM_END, _THINK, _HERMES),
    # It renders with tools only, and then calls alone.
    Format(("NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use",), _CHATML, _IM_END, None, _HERMES, lacks="c r ct rct ctt"),
    Format(("community-qwen2.5-instruct",), _CHATML, _IM_END, None, _HERMES),
    Format(("Qwen3.5-4B", "StepFun3.5-Flash"), _CHATML, _IM_END, _THINK, _QWEN_XML),
    Format(("NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",), _CHATML, _IM_END, _THINK, _QWEN_XML),
    Format(("Reka-Edge",), "assistant: ", _until("<sep>"), _THINK, _HERMES, lacks="r rt rct"),
    Format(
        ("ibm-granite-granite-4.1",),
        "<|start_of_role|>assistant<|end_of_role|>",
        _until("<|end_of_text|>"),
        None,
        _HERMES,
    ),
    Format(
        ("ByteDance-Seed-OSS",),
        "<seed:bos>assistant\n",
        _until("<seed:eos>"),
        {"open": "<seed:think>", "close": "</seed:think>"},
        _xml_call(
            r"<parameter=(?P<key>[^>\n]+)>(?P<value>.*?)</parameter>",
            open_pattern=r"\s*<seed:tool_call>\s*<function=(?P<name>[^>\n]+)>",
            close_pattern=r"</function>\s*</seed:tool_call>",
        ),
    ),
    Format(("GLM-4.6",), "<|assistant|>", _until("<|user|>", "<|observation|>"), _THINK, _ARG_KEYS),
    Format(("inclusionai-ling-3.0-flash",), "<role>ASSISTANT</role>", _until("<|role_end|>"), _THINK, _ARG_KEYS),
    Format(
        ("poolside-Laguna-XS-2.1", "poolside-Laguna-XS.2"),
        "<assistant>",
        _until("</assistant>"),
        _THOUGHT,
        _ARG_KEYS,
    ),
    Format(
        ("tencent-Hy3",),
        "<｜hy_Assistant:opensource｜>",
        _until("<｜hy_eos:opensource｜>"),
        {"open": "<think:opensource>", "close": "</think:opensource>"},
        _xml_call(
            r"<arg_key:opensource>(?P<key>.*?)</arg_key:opensource>\s*"
            r"<arg_value:opensource>(?P<value>.*?)</arg_value:opensource>",
            open_pattern=r"\s*(?:<tool_calls:opensource>\s*)?<tool_call:opensource>(?P<name>\w+)<tool_sep:opensource>",
            close_pattern=r"</tool_call:opensource>(?:\s*</tool_calls:opensource>)?",
        ),
    ),
    Format(
        ("meta-llama-Llama-3.1-8B-Instruct", "meta-llama-Llama-3.2-3B-Instruct"),
        _LLAMA,
        _EOT,
        None,
        {
            "open_pattern": r'\{"name": "(?P<name>[^"]+)", "parameters": ',
            "close_pattern": r"\}<\|eot_id\|>",
            **_NAMED_CALL,
        },
        lacks="ct rct tt ctt",
    ),
    Format(
        ("meetkai-functionary-medium-v3.1",),
        _LLAMA,
        _until("<|eot_id|>", "<|eom_id|>"),
        None,
        {"open_pattern": r"\s*<function=(?P<name>[^>]+)>", "close": "</function>", **_NAMED_CALL},
    ),
    Format(
        ("openai-gpt-oss-120b",),
        "<|start|>assistant",
        {"open": "<|channel|>final<|message|>", "close": ["<|end|>", "<|return|>"]},
        {"open": "<|channel|>analysis<|message|>", "close": "<|end|>"},
        {
            "open_pattern": r"(?:<\|start\|>assistant)? to=functions\.(?P<name>\w+)<\|channel\|>commentary json"
            r"<\|message\|>",
            "close": "<|call|>",
            **_NAMED_CALL,
        },
        lacks="ct rct tt ctt",
    ),
    Format(
        ("deepseek-ai-DeepSeek-V3.1",),
        "<｜Assistant｜>",
        _until("<｜end▁of▁sentence｜>"),
        _THINK,
        {
            "open_pattern": r"(?:<｜tool▁calls▁begin｜>)?<｜tool▁call▁begin｜>(?P<name>\w+)<｜tool▁sep｜>",
            "close_pattern": r"<｜tool▁call▁end｜>(?:<｜tool▁calls▁end｜>)?",
            **_NAMED_CALL,
        },
        lacks="r rt rct",
    ),
    Format(
        ("deepseek-ai-DeepSeek-R1-Distill-Llama-8B",),
        "<｜Assistant｜>",
        _until("<｜end▁of▁sentence｜>"),
        _THINK,
        lacks="r rt rct",
    ),
    Format(
        ("deepseek-ai-DeepSeek-V3.2", "deepseek-ai-DeepSeek-V4"),
        "<｜Assistant｜>",
        _until("<｜end▁of▁sentence｜>"),
        _THOUGHT,
        _DSML,
        lacks="r rt rct",
    ),
    Format(
        ("mistralai-Mistral-Nemo-Instruct-2407",),
        "[/INST]",
        _until("</s>"),
        None,
        {
            "open": "[TOOL_CALLS]",
            "close": "</s>",
            "content": "json",
            "transform": {"type": "function", "function": {"name": "{name}", "arguments": "{arguments}"}},
            "transform_each": True,
        },
        lacks="ct rct ctt",
    ),
    Format(
        ("Mistral-Small-3.2-24B-Instruct-2506", "unsloth-mistral-Devstral-Small-2507"),
        "[/INST]",
        _until("</s>"),
        None,
        {
            "open_pattern": r"\[TOOL_CALLS\](?P<name>\w+)(?:\[CALL_ID\]\w+)?\[ARGS\]",
            "close_pattern": r"(?=\[TOOL_CALLS\])|</s>",
            **_NAMED_CALL,
        },
        lacks="ct rct ctt",
    ),
    Format(
        ("google-gemma-4-31B-it-interleaved",),
        "<|turn>model\n",
        _until("<turn|>", "<|tool_response>"),
        {"open": "<|channel>thought\n", "close": "<channel|>"},
        {
            "open_pattern": r"<\|tool_call>call:(?P<name>\w+)",
            "close": "<tool_call|>",
            "content": "json",
            "content_args": {"unquoted_keys": True, "string_delims": [['<|"|>', '<|"|>']]},
            "repeats": True,
            "transform": _CALL,
        },
        lacks="r",
    ),
    Format(("google-gemma-2-2b-it", "google-gemma-3-it"), "<start_of_turn>model\n", _until("<end_of_turn>")),
    Format(
        ("moonshotai-Kimi-K2",),
        "<|im_assistant|>assistant<|im_middle|>",
        _until("<|im_end|>"),
        None,
        {
            "open_pattern": r"(?:<\|tool_calls_section_begin\|>)?<\|tool_call_begin\|>"
            r"functions\.(?P<name>\w+):\d+<\|tool_call_argument_begin\|>",
            "close_pattern": r"<\|tool_call_end\|>(?:<\|tool_calls_section_end\|>)?",
            **_NAMED_CALL,
        },
    ),
    Format(
        ("Kimi-K3",),
        '<|open|>message role="assistant"<|sep|>',
        {"open": "<|open|>response<|sep|>", "close": "<|close|>response<|sep|>"},
        {"open": "<|open|>think<|sep|>", "close": "<|close|>think<|sep|>"},
        _xml_call(
            r'<\|open\|>argument key="(?P<key>[^"]+)" type="\w+"<\|sep\|>(?P<value>.*?)<\|close\|>argument<\|sep\|>',
            open_pattern=r'<\|open\|>call tool="(?P<name>[^"]+)" index="\d+"<\|sep\|>',
            close="<|close|>call<|sep|>",
        ),
    ),
    Format(
        ("Cohere2MoE",),
        "<|CHATBOT_TOKEN|>",
        {"open": "<|START_TEXT|>", "close": "<|END_TEXT|>"},
        {"open": "<|START_THINKING|>", "close": "<|END_THINKING|>"},
        {
            "open": "<|START_ACTION|>",
            "close": "<|END_ACTION|>",
            "content": "json",
            "transform": {"type": "function", "function": {"name": "{tool_name}", "arguments": "{parameters}"}},
            "transform_each": True,
        },
        lacks="ct rct ctt",
    ),
    Format(
        ("GigaChat3.1-10B-A1.8B",),
        "assistant<|role_sep|>\n",
        _until("<|message_sep|>"),
        None,
        {"open": "<|function_call|>", "close_pattern": r"<\|message_sep\|>\s*", **_JSON_CALL},
        lacks="tt ctt",
    ),
    Format(
        ("MiniMax-M1",),
        "<beginning_of_sentence>ai name=assistant\n",
        _until("<end_of_sentence>"),
        None,
        {"open_pattern": r"\s*<tool_calls>", "close": "</tool_calls>", **_JSON_CALL},
        lacks="ct rct tt ctt",
    ),
    Format(
        ("Apertus-8B-Instruct",),
        "<|assistant_start|>",
        _until("<|assistant_end|>"),
        None,
        {
            "open_pattern": r'<\|tools_prefix\|>\[\{"(?P<name>\w+)": ',
            "close": "}]<|tools_suffix|>",
            **_NAMED_CALL,
        },
        lacks="tt ctt",
    ),
    Format(
        ("openbmb-MiniCPM5-1B",),
        _CHATML,
        _IM_END,
        _THINK,
        _xml_call(
            r'<param name="(?P<key>[^"]+)">(?:<!\[CDATA\[)?(?P<value>.*?)(?:\]\]>)?</param>',
            open_pattern=r'\s*<function name="(?P<name>[^"]+)">',
            close="</function>",
        ),
    ),
    Format(
        ("upstage-Solar-Open-100B",),
        "<|begin|>assistant",
        {"open": "<|content|>", "close_pattern": r"<\|end\|>|(?=<\|)"},
        {"open": "<|think|>", "close_pattern": r"<\|end\|>(?:<\|begin\|>assistant)?"},
        {
            "open_pattern": r"<\|tool_call:begin\|>\w+<\|tool_call:name\|>(?P<name>\w+)<\|tool_call:args\|>",
            "close": "<|tool_call:end|>",
            **_NAMED_CALL,
        },
        lacks="r rt ct rct ctt",
    ),
    Format(("community-llama-3-instruct", "meta-llama-Meta-Llama-3-8B-Instruct"), _LLAMA, _EOT),
    Format(("community-chatml",), _CHATML, _IM_END),
    Format(("microsoft-Phi-3-mini", "microsoft-Phi-3-medium"), "<|assistant|>\n", _until("<|end|>")),
    Format(("microsoft-Phi-4-mini",), "<|assistant|>", _until("<|end|></s>", "<|end|>")),
    Format(("community-zephyr",), "<|assistant|>\n", _until("</s>")),
)
