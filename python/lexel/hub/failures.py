"""The errors of the hub's client in our words: what is not there, what is not allowed, what cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Unreachable", "translated"]

# The packages whose connection errors the client lets through; which it is depends on its version.
_TRANSPORTS = {"httpx", "httpcore", "httpx2", "httpcore2", "requests", "urllib3"}
_HINT = "pass token=… or log in with `hf auth login`"


class Unreachable(ConnectionError):
    """The hub gave no answer, or said that it cannot."""


def translated(repo: str, revision: str, call: Callable[[], Any]) -> Any:
    """Run a call of the hub's client.

    Raises:
        LoadError: the hub says no; says what, and what can be done.
        Unreachable: it says nothing.
        OSError: of this machine: a full disk, a file system that cannot be written …
    """
    from huggingface_hub import errors

    try:
        return call()
    except errors.GatedRepoError as error:
        raise LoadError(
            f"You are trying to access a gated repo: {repo!r}. Ask for access on its page, then {_HINT}"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise LoadError(
            f"{repo} is not a local folder and is not a valid model identifier on the hub. "
            f"If it is a private repository, {_HINT}"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise LoadError(
            f"{revision} is not a valid git identifier (branch name, tag name or commit id) that exists for {repo!r}"
        ) from error
    except errors.HFValidationError as error:
        raise LoadError(
            f"Incorrect path_or_model_id: {repo!r} is neither a local folder nor a name the hub allows: {error}"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise Unreachable(_reason(error)) from error
    except errors.EntryNotFoundError as error:
        raise LoadError(f"{repo!r} does not appear to have a file it lists, at {revision!r}: {error}") from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else None
        if status is not None and status < 500 and status not in (408, 429):
            raise LoadError(f"the hub refused {repo!r} at {revision!r}: {error}") from error
        raise Unreachable(str(error)) from error
    except PermissionError as error:
        raise LoadError(f"the cache for {repo!r} cannot be written: {error}; pass another cache_dir=…") from error
    except (ConnectionError, TimeoutError, errors.FileMetadataError) as error:
        raise Unreachable(_reason(error)) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] in _TRANSPORTS or "consistency check failed" in str(error).lower():
            raise Unreachable(_reason(error)) from error
        raise


def _reason(error: BaseException) -> str:
    """Return what went wrong underneath, which the client says less clearly."""
    cause = error.__cause__ or error
    return str(cause) or type(cause).__name__
