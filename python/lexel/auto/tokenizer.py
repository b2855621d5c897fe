"""`AutoTokenizer`, the class people call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.auto import loading, registry
from lexel.errors import LoadError
from lexel.hub import open_files
from lexel.tokenizer.loading import read_tokenizer_config

if TYPE_CHECKING:
    import os

    from lexel.auto.explaining import Explanation
    from lexel.tokenizer import Tokenizer

__all__ = ["AutoTokenizer", "get_tokenizer_config"]


class AutoTokenizer:
    """Loads any tokenizer: `AutoTokenizer.from_pretrained(folder_or_hub_id)`."""

    def __init__(self) -> None:
        raise LoadError("AutoTokenizer is not made directly; use AutoTokenizer.from_pretrained(folder_or_hub_id)")

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | os.PathLike[str], *inputs: Any, **kwargs: Any
    ) -> Tokenizer:
        """Load the tokenizer of a folder or a hub repository.

        Args:
            pretrained_model_name_or_path: a folder, a file, or `owner/name` on the hub.
            *inputs: positional arguments of the class.
            **kwargs: where to look (`revision`, `subfolder`, `token`, `cache_dir`, `local_files_only`,
                `force_download`); what to take: `gguf_file`, `tokenizer_type` (a model type), `config` (the model's
                configuration, an object or a dictionary), `backend` ("tokenizers", "sentencepiece", "python" or
                "mistral_common"), `mistral_format=True` for Mistral's library; `trust_remote_code=True` to run the
                code of the folder that defines its class, at `code_revision` where that is in another repository; and
                settings of the tokenizer, which win over the files'.

        Raises:
            LoadError: the files are not there, or the hub did not give them.
            FormatError: a file is not what it claims to be.
            UnsupportedError: the tokenizer, or the backend that was asked for, needs what is not there.
            ValueError: it can only be loaded by running its code, which was not asked for.
        """
        return loading.from_pretrained(pretrained_model_name_or_path, inputs, kwargs)

    @classmethod
    def explain(cls, pretrained_model_name_or_path: str | os.PathLike[str], **kwargs: Any) -> Explanation:
        """Say how `from_pretrained` loads a tokenizer, with the same arguments: print what this returns.

        The tokenizer is loaded for it and forgotten. Nothing is changed, code of a folder is not run, and for a folder
        no request is made.

        Raises:
            LoadError: there is no such folder or repository. What else goes wrong is said in the explanation.
        """
        return loading.explain(pretrained_model_name_or_path, kwargs)

    @classmethod
    def register(
        cls,
        config_class: Any,
        tokenizer_class: type[Tokenizer] | None = None,
        slow_tokenizer_class: type[Tokenizer] | None = None,
        fast_tokenizer_class: type[Tokenizer] | None = None,
        exist_ok: bool = False,
    ) -> None:
        """Make a class of yours known under its name, and for a configuration's model type.

        Args:
            config_class: a configuration class with a `model_type`, or the model type itself, or None.
            tokenizer_class: the class.
            slow_tokenizer_class: the class under its name of former releases.
            fast_tokenizer_class: the same; with a slow one, folders that name the slow one get this.
            exist_ok: replace the class of a model type that has one here.

        Raises:
            ValueError: no class, or the model type has one here.
        """
        registry.register(config_class, tokenizer_class, slow_tokenizer_class, fast_tokenizer_class, exist_ok=exist_ok)


def get_tokenizer_config(
    pretrained_model_name_or_path: str | os.PathLike[str],
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
    proxies: dict[str, str] | None = None,
    token: bool | str | None = None,
    revision: str | None = None,
    local_files_only: bool = False,
    subfolder: str = "",
    **kwargs: Any,
) -> dict[str, Any]:
    """Return the content of the `tokenizer_config.json` of a folder or a hub repository; empty where there is none.

    Args:
        pretrained_model_name_or_path: a folder, or `owner/name` on the hub.
        cache_dir: where downloads are kept.
        force_download: fetch again what is cached.
        proxies: accepted for compatibility: the hub's client takes them from the environment.
        token: an access token of the hub, or whether to send the stored one.
        revision: a branch, tag or commit.
        local_files_only: never make a request.
        subfolder: a folder inside it.
        **kwargs: accepted for compatibility.
    """
    del proxies, kwargs
    try:
        files = open_files(
            pretrained_model_name_or_path,
            cache_dir=cache_dir,
            force_download=force_download,
            token=token,
            revision=revision,
            local_files_only=local_files_only,
            subfolder=subfolder,
        )
    except LoadError:
        return {}
    return read_tokenizer_config(files)
