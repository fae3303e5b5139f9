"""Runs the machine over JavaScript files, as an npm package holds them."""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.analysis import dialects
from antivenom.analysis.package import Source
from antivenom.model.label import Activation, Label, Root
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from tests.analysis.machines import Seen, evaluate


def run_js(
    files: Mapping[str, str] | str,
    *,
    root: str = "index.js",
    activation: Activation = Activation.IMPORT,
    limits: Limits = DEFAULT_LIMITS,
) -> Seen:
    """Evaluate scripts that loading the package runs; a mere text is ``index.js``."""
    texts = {"index.js": files} if isinstance(files, str) else files
    data = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
    sources = []
    for path, raw in data.items():
        if path.endswith(".json"):
            continue
        lang = "typescript" if path.endswith(".ts") else "javascript"
        label = Label(module=path.rpartition(".")[0])
        hot = dialects.of(lang).is_hot(raw)
        sources.append(Source(member=path, lang=lang, data=raw, label=label, hot=hot))
    return evaluate(sources, [Root(member=root, activation=activation)], limits, data)
