"""Sample letters; `@@kind` switches what the following lines are expected to be."""

import pathlib
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    name: str
    text: str
    parts: tuple[tuple[str, str], ...]

    @property
    def visible(self) -> str:
        return "\n".join(part.strip("\n").rstrip() for kind, part in self.parts if kind == "text" and part.strip())


def load(name: str) -> list[Sample]:
    samples = []
    for record in (HERE / name).read_text(encoding="utf-8").split("==== ")[1:]:
        title, _, body = record.partition("\n")
        parts: list[tuple[str, str]] = []
        kind, lines = "text", []
        for line in body.splitlines(keepends=True):
            if line.startswith("@@"):
                parts.append((kind, "".join(lines)))
                kind, lines = line[2:].strip(), []
            else:
                lines.append(line)
        parts.append((kind, "".join(lines)))
        samples.append(
            Sample(title.strip(), "".join(text for _, text in parts), tuple(part for part in parts if part[1]))
        )
    return samples
