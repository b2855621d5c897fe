"""Tokenizers and their files: loading, saving, uploading."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from lexel.errors import LoadError, UnsupportedError
from lexel.hub import ModelFiles, open_files
from lexel.tokenizer import saving
from lexel.tokenizer.backend_contract import BackendContract
from lexel.tokenizer.fingerprints import fingerprint
from lexel.tokenizer.loading import read_options
from lexel.tokenizer.template_files import load_templates, save_templates
from lexel.tokenizer.uploading import upload

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from lexel.tokenizer.config import Compat
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["TokenizerFiles"]

# Loading arguments that never reach a constructor.
_LOADING_ONLY = (
    "proxies",
    "use_fast",
    "from_slow",
    "trust_remote_code",
    "code_revision",
    "_from_auto",
    "_from_pipeline",
    "_commit_hash",
)


class TokenizerFiles(BackendContract):
    """What a tokenizer does with files."""

    vocab_files_names: ClassVar[dict[str, str]] = {}
    _auto_class: ClassVar[str | None] = None

    @classmethod
    def _is_unified(cls) -> bool:
        """Return whether this is the class that looks for the right one."""
        from lexel.tokenizer.tokenizer import Tokenizer

        return cls is Tokenizer

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike[str],
        *init_inputs: Any,
        cache_dir: str | os.PathLike[str] | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: bool | str | None = None,
        revision: str | None = None,
        subfolder: str = "",
        **kwargs: Any,
    ) -> Self:
        """Load a tokenizer from a folder or a hub repository.

        Args:
            pretrained_model_name_or_path: a folder, a file, or `owner/name` on the hub.
            *init_inputs: positional arguments of the class.
            cache_dir: where downloads are kept.
            force_download: fetch again what is cached.
            local_files_only: never make a request.
            token: an access token of the hub, or whether to send the stored one.
            revision: a branch, tag or commit.
            subfolder: a folder inside it.
            **kwargs: settings that win over the files'; `gguf_file=` reads the tokenizer inside that file.
                `trust_remote_code` is for `AutoTokenizer`, and means nothing to a class.

        Raises:
            LoadError: the files are not there, or the hub did not give them.
            FormatError: a file is not what it claims to be.
        """
        if "use_auth_token" in kwargs:
            raise TypeError("use_auth_token= is now token=")
        for key in _LOADING_ONLY:
            kwargs.pop(key, None)
        where = {
            "cache_dir": cache_dir,
            "force_download": force_download,
            "local_files_only": local_files_only,
            "token": token,
            "revision": revision,
            "subfolder": subfolder,
        }
        if cls._is_unified():
            # The one upward import: only the dispatcher knows all classes.
            from lexel.auto import AutoTokenizer

            return cast(
                "Self", AutoTokenizer.from_pretrained(pretrained_model_name_or_path, *init_inputs, **where, **kwargs)
            )
        if Path(pretrained_model_name_or_path).is_file():
            return cls.from_file(pretrained_model_name_or_path, **kwargs)
        return cls._from_files(open_files(pretrained_model_name_or_path, **cast("Any", where)), init_inputs, kwargs)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Load a tokenizer from one file; its format is found from its bytes.

        `Tokenizer.from_file` opens every format: `tokenizer.json`, SentencePiece models, tiktoken ranks, `tekken.json`,
        GGUF, `vocab.json` with the `merges.txt` beside it, `vocab.txt` (docs/formats.md says what each means). A class
        that has one vocabulary file and reads it itself gets the path.

        Args:
            path: the file.
            **kwargs: settings that win over the file's. Of a tiktoken rank file that is not a known one: `pattern=`,
                its split, and `special_tokens=`, text → id. `backend=`: "sentencepiece" or "mistral_common" for the
                library of that name.

        Raises:
            FormatError: a broken file, or of no format that is known here; says what it looks like.
            UnsupportedError: the file asks for what is not here, or a class that needs several files.
            LoadError: it is not there.
        """
        if cls._is_unified():
            from lexel.auto import from_file

            return cast("Self", from_file(path, **kwargs))
        keys = [key for key in cls.vocab_files_names if key != "tokenizer_file"]
        if len(keys) != 1:
            raise UnsupportedError(
                f"{cls.__name__} does not read single files: it has {len(keys)} of them; use "
                f"{cls.__name__}.from_pretrained(folder)"
            )
        return cls(**{keys[0]: str(path), "name_or_path": str(path), **kwargs})

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        """Make a tokenizer of this class from the files its class names."""
        options, saved_inputs = read_options(files, given, has_pipeline=False, chat_template=load_templates(files))
        for key, filename in cls.vocab_files_names.items():
            path = files.get(filename)
            if given.get(key) is None and path is not None:
                options[key] = str(path)
        return cls(*(init_inputs or saved_inputs), **options)

    def save_pretrained(
        self,
        save_directory: str | os.PathLike[str],
        legacy_format: bool | None = None,
        filename_prefix: str | None = None,
        push_to_hub: bool = False,
        *,
        save_jinja_files: bool = True,
        compat: Compat = "v4",
        overwrite: bool = False,
        **kwargs: Any,
    ) -> tuple[str, ...]:
        """Write everything `from_pretrained` reads.

        Args:
            save_directory: made if it is not there.
            legacy_format: accepted for compatibility; False asks for the unified file, which only some backends have.
            filename_prefix: written before every file name, with a dash.
            push_to_hub: whether to upload the folder afterwards.
            save_jinja_files: templates as files of their own; False: inside the configuration.
            compat: "v4": the form the widest range of readers understands; "v5": today's.
            overwrite: whether files of another tokenizer that are in the folder, and would be read as parts of this
                one, are removed. Files of the same names are replaced in any case.
            **kwargs: for the upload: `repo_id`, `commit_message`, `token`, `private`, `revision`, `tags` …

        Returns:
            The paths of the files: the configuration, the templates, those of the backend. After an error the folder is
            what it was.

        Raises:
            NotADirectoryError: `save_directory` is a file.
            FileExistsError: it has files of another tokenizer, see `overwrite`; names them.
            ValueError: an unknown `save_format` or `compat`.
            LoadError: `save_format="mistral"`, for which there is no original file to copy.
        """
        if "use_auth_token" in kwargs:
            raise TypeError("use_auth_token= is now token=")
        save_format = kwargs.pop("save_format", None)
        if save_format not in (None, "hf", "mistral"):
            raise ValueError(f"save_format should be None, 'hf' or 'mistral', not {save_format!r}")
        if save_format == "mistral":
            paths = self._save_tekken(Path(save_directory))
            if push_to_hub and paths:
                folder = Path(save_directory)
                upload(folder, list(paths), **{"repo_id": folder.resolve().name, **kwargs})
            return paths
        folder = Path(save_directory)
        saved = saving.save(
            cast("Tokenizer", self),
            folder,
            prefix=f"{filename_prefix}-" if filename_prefix else "",
            legacy_format=legacy_format,
            template_files=save_jinja_files,
            compat=compat,
            overwrite=overwrite,
        )
        if push_to_hub:
            upload(folder, saved.files, **{"repo_id": folder.resolve().name, **kwargs})
        return saved.paths

    def _save_tekken(self, folder: Path) -> tuple[str, ...]:
        """Copy the `tekken.json` this tokenizer was read from."""
        del folder
        raise LoadError(f"save_format='mistral' copies the tekken.json a tokenizer was read from, and {self} has none")

    def push_to_hub(
        self,
        repo_id: str,
        *,
        commit_message: str | None = None,
        commit_description: str | None = None,
        private: bool | None = None,
        token: bool | str | None = None,
        revision: str | None = None,
        create_pr: bool = False,
        max_shard_size: Any = "50GB",
        tags: Iterable[str] | str | None = None,
        **former: Any,
    ) -> Any:
        """Save into a temporary folder and upload that to the hub; return the commit.

        Args:
            repo_id: `owner/name`; made if it is not there.
            commit_message: the title of the commit.
            commit_description: its text.
            private: whether a new repository is private.
            token: an access token, or whether to send the stored one.
            revision: the branch, made if it is not there.
            create_pr: propose the commit instead of making it.
            max_shard_size: accepted for compatibility: the files of a tokenizer are not divided.
            tags: added to those of the model card.
            **former: none; what is passed is refused by name.

        Raises:
            LoadError: the hub refused it.
            ConnectionError: the hub cannot be reached.
        """
        if "use_auth_token" in former:
            raise TypeError("use_auth_token= is now token=")
        if former:
            raise TypeError(f"push_to_hub() has no argument {', '.join(map(repr, former))}")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.save_pretrained(folder)
            return upload(
                folder,
                [str(path) for path in sorted(folder.rglob("*")) if path.is_file()],
                repo_id=repo_id,
                commit_message=commit_message,
                commit_description=commit_description,
                private=private,
                token=token,
                revision=revision,
                create_pr=create_pr,
                max_shard_size=max_shard_size,
                tags=tags,
            )

    def fingerprint(self) -> str:
        """Return a hash of the tokenizer: equal for equal ones, before and after use, in every process.

        Raises:
            UnsupportedError: a component written in Python has no serial form.
        """
        return fingerprint(cast("Tokenizer", self))

    def save_chat_templates(
        self,
        save_directory: str | os.PathLike[str],
        tokenizer_config: dict[str, Any],
        filename_prefix: str | None = None,
        save_jinja_files: bool = True,
    ) -> tuple[dict[str, Any], list[str]]:
        """Write the chat templates alone, as files or into a configuration that is written later.

        Returns:
            The configuration, and the paths of the files.
        """
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        template = cast("Tokenizer", self).chat_template
        files, stated = save_templates(template, Path(save_directory), prefix, as_files=save_jinja_files)
        if stated is not None:
            tokenizer_config["chat_template"] = stated
        return tokenizer_config, [str(path) for path in files]

    def _set_processor_class(self, processor_class: str) -> None:
        """Take the name of the processor this tokenizer is a part of; it is saved."""
        self._processor_class = processor_class

    @classmethod
    def register_for_auto_class(cls, auto_class: str = "AutoTokenizer") -> None:
        """Mark a class of yours: its code is saved beside its tokenizers.

        `AutoTokenizer.from_pretrained(folder, trust_remote_code=True)` runs it; without, the class is found once it is
        known: `AutoTokenizer.register(None, tokenizer_class=…)`.
        """
        cls._auto_class = auto_class
