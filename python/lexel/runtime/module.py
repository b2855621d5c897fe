"""The base of every model: load, save, initialise, tie."""

# mypy: allow-subclassing-any
from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import nn

from lexel.errors import UnsupportedError
from lexel.runtime.arguments import refuse_unknown
from lexel.runtime.attention import ALL_ATTENTION_FUNCTIONS
from lexel.runtime.config import ModelConfig
from lexel.runtime.layers import RMSNorm
from lexel.runtime.weights.load import LoadReport, load_weights
from lexel.runtime.weights.save import save_weights
from lexel.runtime.weights.source import open_source

if TYPE_CHECKING:
    import os

    from lexel.runtime.weights.source import TensorSource

_LOGGER = logging.getLogger(__name__)
# Where a checkpoint is, and how it becomes a model.
SOURCE_OPTIONS = (
    *("gguf_file", "mmap", "subfolder", "revision", "token", "cache_dir", "local_files_only", "force_download"),
)
LOAD_OPTIONS = (
    *("config", "dtype", "device", "device_map", "attn_implementation", "strict", "return_report"),
    *SOURCE_OPTIONS,
)


class PreTrainedModel(nn.Module):
    """A module built from a config, whose parameters have the names of the public checkpoints."""

    config_class: ClassVar[type[ModelConfig]] = ModelConfig
    base_model_prefix: ClassVar[str] = ""
    # Parameter → the one it is when `config.tie_word_embeddings` is set.
    tied: ClassVar[dict[str, str]] = {}
    # Patterns of stored names that no model needs.
    ignore_on_load: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: ModelConfig) -> None:
        if not isinstance(config, self.config_class):
            raise TypeError(
                f"{type(self).__name__} is built from a {self.config_class.__name__}, not {type(config).__name__}; "
                "a checkpoint is read by from_pretrained"
            )
        super().__init__()
        self.config = config

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str] | TensorSource,
        *,
        config: ModelConfig | None = None,
        dtype: torch.dtype | str | None = "auto",
        device: torch.device | str | None = None,
        device_map: str | None = None,
        attn_implementation: str | None = None,
        strict: bool = True,
        gguf_file: str | None = None,
        mmap: bool = True,
        return_report: bool = False,
        subfolder: str = "",
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        local_files_only: bool = False,
        force_download: bool = False,
        **unknown: Any,
    ) -> Self:
        """Load a checkpoint; the model is in eval mode.

        Args:
            source: a folder or hub id with safetensors, or the path of a GGUF file; or an open `TensorSource`.
            config: in place of the checkpoint's own.
            dtype: of the floating parameters. "auto": as the config says, else as stored (float32 for quantised GGUF).
            device: where the model goes; by default torch's default device.
            device_map: a device, or "auto" for the one device with most free memory.
            attn_implementation: "sdpa" (default), "eager", or a name you registered.
            strict: raise on missing, unexpected or mismatched tensors; else draw what is missing, and say so.
            gguf_file: a GGUF file inside the folder, to be read instead of safetensors.
            mmap: leave unconverted tensors in the mapped file, so that loading reads nothing ahead.
            return_report: return (model, `LoadReport`).
            subfolder: the part of a folder or repository that is meant.
            revision: see `lexel.hub.open_files`, as for the next four.
            token: sent to the hub.
            cache_dir: of the hub's files.
            local_files_only: never make a request.
            force_download: fetch again what is cached.
            **unknown: refused, with the replacement where there is one.

        Raises:
            LoadError: files are missing.
            FormatError: a file is broken.
            WeightsError: checkpoint and config disagree; names and shapes are listed.
            UnsupportedError: a quantisation or a kind of layer this runtime lacks.
        """
        if "torch_dtype" in unknown:
            _LOGGER.warning("torch_dtype= is the old name of dtype=")
            old = unknown.pop("torch_dtype")
            if dtype not in ("auto", old):
                raise TypeError(f"dtype={dtype!r} and its old name torch_dtype={old!r} disagree; give dtype alone")
            dtype = old
        refuse_unknown(unknown, "from_pretrained", LOAD_OPTIONS)
        checkpoint = open_source(
            source,
            gguf_file=gguf_file,
            mmap=mmap,
            subfolder=subfolder,
            revision=revision,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
            force_download=force_download,
        )
        if config is None:
            config = cls.config_class.from_dict(checkpoint.config(), origin=checkpoint.origin)
        config = copy.deepcopy(config)
        if config.quantization_config:
            method = config.quantization_config.get("quant_method")
            raise UnsupportedError(f"{checkpoint.origin}: weights quantised by {method!r} are not read; GGUF files are")
        if attn_implementation is not None:
            config._attn_implementation = known_attention(attn_implementation)
        kind = _dtype(config.dtype or checkpoint.default_dtype() if dtype in ("auto", None) else dtype)
        with torch.device("meta"):
            model = cls(config)
        size = sum(parameter.numel() for parameter in model.parameters()) * kind.itemsize
        report = model._load(checkpoint, kind, _device(device, device_map, size), strict)
        config.dtype = str(kind).removeprefix("torch.")
        model._load_companions(checkpoint)
        model.eval()
        return (model, report) if return_report else model  # type: ignore[return-value]

    def _load(self, checkpoint: TensorSource, dtype: torch.dtype, device: torch.device, strict: bool) -> LoadReport:
        report = load_weights(
            self,
            checkpoint,
            dtype=dtype,
            device=device,
            prefix=self.base_model_prefix,
            tied=self.tied if self.config.tie_word_embeddings else {},
            ignore=self.ignore_on_load,
            strict=strict,
        )
        self.tie_weights()
        for module in self.modules():
            own = dict(module.named_parameters(recurse=False))
            if any(parameter.is_meta for parameter in own.values()):
                # Draw all of the module, then put back what was loaded.
                for leaf, parameter in own.items():
                    module._parameters[leaf] = nn.Parameter(torch.empty_like(parameter, dtype=dtype, device=device))
                self._init_weights(module)
                module._parameters.update({leaf: p for leaf, p in own.items() if not p.is_meta})
        if report.problems():
            _LOGGER.warning("%s: loaded with strict=False; %s", checkpoint.origin, report.problems())
        return report

    def _load_companions(self, checkpoint: TensorSource) -> None:
        """Read what else lies beside the weights; models that generate have a generation config there."""

    def save_pretrained(
        self, folder: str | os.PathLike[str], *, max_shard_size: int | str = "50GB", **unknown: Any
    ) -> list[Path]:
        """Write config and weights (safetensors, tied tensors once) into a folder; return the weight files."""
        refuse_unknown(unknown, "save_pretrained", ("folder", "max_shard_size"))
        folder = Path(folder)
        tied = self.tied if self.config.tie_word_embeddings else {}
        tensors = {name: tensor for name, tensor in self.state_dict().items() if name not in tied}
        files = save_weights(tensors, folder, max_shard_size=max_shard_size)
        self.config.extra["architectures"] = [type(self).__name__]
        self.config.dtype = str(self.dtype).removeprefix("torch.")
        self.config.save_pretrained(folder)
        return files

    def post_init(self) -> None:
        """Draw the parameters that are not drawn yet, and tie; a constructor ends with this."""
        for module in self.modules():
            if not getattr(module, "_is_drawn", False):
                self._init_weights(module)
                module._is_drawn = True
        self.tie_weights()

    def _init_weights(self, module: nn.Module) -> None:
        """Draw the parameters of one module; override it to draw differently."""
        if not isinstance(module, nn.Linear | nn.Embedding | RMSNorm) or module.weight.is_meta:
            return
        with torch.no_grad():
            if isinstance(module, RMSNorm):
                module.weight.fill_(1.0)
                return
            module.weight.normal_(0.0, self.config.initializer_range)
            if getattr(module, "bias", None) is not None:
                module.bias.zero_()
            if getattr(module, "padding_idx", None) is not None:
                module.weight[module.padding_idx].zero_()

    def tie_weights(self) -> None:
        """Make tied parameters one object."""
        if self.config.tie_word_embeddings:
            for name, origin in self.tied.items():
                owner, _, leaf = name.rpartition(".")
                setattr(self.get_submodule(owner), leaf, self.get_parameter(origin))

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the module that turns ids into vectors."""
        base = self._modules.get(self.base_model_prefix, self)
        return base.get_submodule("embed_tokens")

    def get_output_embeddings(self) -> nn.Linear | None:
        """Return the module that turns hidden states into logits, if there is one."""
        return getattr(self, "lm_head", None)

    def set_attn_implementation(self, name: str) -> None:
        """Attend with another registered function from now on."""
        self.config._attn_implementation = known_attention(name)

    def num_parameters(self) -> int:
        """Return how many numbers the model learns, tied ones counted once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def memory_footprint(self) -> int:
        """Return the bytes of parameters and buffers, tied ones counted once."""
        return sum(tensor.nbytes for tensor in [*self.parameters(), *self.buffers()])

    @property
    def device(self) -> torch.device:
        """Where the parameters are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the floating parameters."""
        return next(parameter.dtype for parameter in self.parameters() if parameter.is_floating_point())


def known_attention(name: str) -> str:
    """Return the name of a registered attention function, or raise an error that lists them."""
    _ = ALL_ATTENTION_FUNCTIONS[name]
    return name


def _dtype(name: torch.dtype | str) -> torch.dtype:
    kind = name if isinstance(name, torch.dtype) else getattr(torch, str(name).removeprefix("torch."), None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise ValueError(f"dtype must be 'auto', 'float32', 'bfloat16', 'float16' or 'float64', not {name!r}")
    return kind


def _device(device: torch.device | str | None, device_map: str | None, size: int) -> torch.device:
    """Return where a model of `size` bytes goes."""
    if device is not None and device_map is not None:
        raise TypeError("give either device or device_map")
    if isinstance(device_map, dict):
        raise TypeError("a model lives on one device here: device_map is a device, or 'auto'")
    if device_map != "auto":
        return torch.device(device or device_map or torch.get_default_device())
    free = [torch.cuda.mem_get_info(index)[0] for index in range(torch.cuda.device_count())]
    best = max(range(len(free)), key=free.__getitem__, default=None)
    return torch.device("cpu") if best is None or free[best] < size else torch.device("cuda", best)
