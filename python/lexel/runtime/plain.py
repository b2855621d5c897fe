"""A module tree without the machinery of modules, for loops in which that machinery is the cost.

A small decoder spends more than a third of each step in `nn.Module.__call__` and `nn.Module.__getattr__`. `plain`
mirrors a model: the same parameters and the same `forward` functions on ordinary objects, made anew for each run.
Only classes that say so (`@has_plain_forward`) are mirrored; a module with hooks, a patched `forward`, or of a class
of somebody else stays the module it is, and so does all that is in it.
"""

# mypy: allow-subclassing-any
from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Callable

_Module = TypeVar("_Module", bound=type)
_PLAIN: set[type] = set()
_HOOKS = (
    *("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"),
    *("_forward_hooks_with_kwargs", "_forward_pre_hooks_with_kwargs", "_forward_hooks_always_called"),
)


def has_plain_forward(kind: _Module) -> _Module:
    """Mark a module class whose methods use nothing of `nn.Module` but attributes."""
    _PLAIN.add(kind)
    return kind


def plain(module: nn.Module, strangers: list[nn.Module]) -> Any:
    """Return a callable that computes what the module computes, in its present state.

    Args:
        module: the model.
        strangers: modules that stay what they are are appended.
    """
    kind = type(module)
    if "forward" not in module.__dict__ and not any(getattr(module, name) for name in _HOOKS):
        if kind is nn.Linear:
            return _linear(module.weight.detach(), None if module.bias is None else module.bias.detach())
        if kind.forward is nn.Embedding.forward and module.max_norm is None:
            return partial(torch.embedding, module.weight.detach())
        if kind is nn.ModuleList:
            return [plain(child, strangers) for child in module]
        if kind in _PLAIN:
            children = {name: plain(child, strangers) for name, child in module._modules.items()}
            own = {name: value for name, value in module.__dict__.items() if name not in _MACHINERY}
            mirror = _mirror_class(kind)()  # type: ignore[arg-type]  # a class is hashable
            # A detached tensor is a plain one, which torch's calls take a shorter way than a parameter.
            tensors = {**module._parameters, **module._buffers}
            tensors = {name: tensor if tensor is None else tensor.detach() for name, tensor in tensors.items()}
            mirror.__dict__.update({**own, **tensors, **children})
            return mirror
    strangers.append(module)
    return module


def _linear(weight: Tensor, bias: Tensor | None) -> Callable[[Tensor], Tensor]:
    return lambda x: F.linear(x, weight, bias)


_MACHINERY = frozenset(nn.Module().__dict__) - {"training"}


@cache
def _mirror_class(kind: type) -> type:
    """Return a class with the methods of a module class, and calling as running `forward`."""
    methods: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if base not in (object, nn.Module):
            methods |= {name: value for name, value in vars(base).items() if not name.startswith("__")}
    return type(f"Plain{kind.__name__}", (), {**methods, "__call__": methods["forward"]})
