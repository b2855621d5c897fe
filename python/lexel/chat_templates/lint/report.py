"""What the linter found: for a person to read, and as data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

__all__ = ["LEVELS", "Finding", "Level", "Refusal", "TemplateReport", "clip"]

Level = Literal["error", "warning", "hint"]
LEVELS: tuple[Level, ...] = ("error", "warning", "hint")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, may go wrong, or is good to know."""

    code: str
    """Its kind, such as "not-prefix-stable"; the kinds are listed in docs/chat.md."""
    level: Level
    """ "error": it fails, or does what nobody means; "warning": it goes wrong in some use; "hint": good to know."""
    line: int | None
    """The line of the template; None where the whole template is meant."""
    message: str
    advice: str
    """What to do."""
    detail: str = ""
    """The proof, where there is one: the texts that differ, what was raised."""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        proof = "".join(f"\n      {line}" for line in self.detail.splitlines())
        return f"{self.level}[{self.code}] {where}{self.message}{proof}\n    → {self.advice}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place where the template raises by itself."""

    line: int
    message: str
    """What it says; … stands for what is not known before."""
    condition: str
    """The tag with the condition it stands behind, which may be the one of an ``else``; "" if there is none."""


@dataclass(frozen=True, slots=True, repr=False)
class TemplateReport:
    """The findings about one template, and what was learnt of it on the way. Printing it shows all of it."""

    name: str
    findings: tuple[Finding, ...]
    """Errors first, then in the order of the lines."""
    options: tuple[str, ...] = ()
    """Variables a caller may pass beside the arguments, such as ``enable_thinking``."""
    fields: tuple[str, ...] = ()
    """Fields of messages it reads."""
    roles: dict[str, str] = field(default_factory=dict)
    """Role → "written", "dropped" (its text does not come out) or "refused" (raises)."""
    refusals: tuple[Refusal, ...] = ()
    control_tokens: tuple[str, ...] = ()
    """What it writes that looks like a control token."""

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.of("error")

    @property
    def codes(self) -> frozenset[str]:
        """The kinds of findings there are."""
        return frozenset(finding.code for finding in self.findings)

    def of(self, level: Level) -> tuple[Finding, ...]:
        """Return the findings of one level."""
        return tuple(finding for finding in self.findings if finding.level == level)

    def at_least(self, level: Level) -> TemplateReport:
        """Return the report without what is less serious than a level."""
        kept = LEVELS[: LEVELS.index(level) + 1]
        return replace(self, findings=tuple(finding for finding in self.findings if finding.level in kept))

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {"ok": self.ok, **asdict(self)}

    def summary(self) -> str:
        """Return the report as text."""
        lines = [self._headline(), *(f"  {finding}" for finding in self.findings)]
        if self.roles:
            lines.append("  roles: " + ", ".join(f"{role} {what}" for role, what in self.roles.items()))
        for title, names in (
            ("options", self.options),
            ("fields of messages", self.fields),
            ("control tokens", self.control_tokens),
        ):
            if names:
                lines.append(f"  {title}: {' '.join(names)}")
        for refusal in self.refusals:
            behind = f", behind {refusal.condition}" if refusal.condition else ""
            lines.append(f"  raises at line {refusal.line}{behind}: {refusal.message}")
        return "\n".join(lines)

    def _headline(self) -> str:
        counts = [(len(self.of(level)), level) for level in LEVELS]
        found = ", ".join(f"{count} {level}{'s' * (count != 1)}" for count, level in counts if count)
        return f"{self.name}: {found or 'nothing found'}"

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<TemplateReport {self._headline()}>"


def clip(text: str, length: int = 60) -> str:
    """Return the beginning of a text as a literal."""
    return repr(text if len(text) <= length else text[:length] + "…")
