"""Harmless programs in the shapes of packers that spell code by signs: JJEncode, AAEncode."""

from __future__ import annotations

_PARTS = ("___", "__$", "_$_", "_$$", "$__", "$_$", "$$_", "$$$")
_FACES = (
    "(c^_^o)", "(ﾟΘﾟ)", "((o^_^o) - (ﾟΘﾟ))", "(o^_^o)",
    "(ﾟｰﾟ)", "((ﾟｰﾟ) + (ﾟΘﾟ))", "((o^_^o) +(o^_^o))", "((ﾟｰﾟ) + (o^_^o))",
)  # fmt: skip


def counted(code: str, name: str = "$") -> str:
    """Spell code by the parts of one variable that counts up, as JJEncode does."""
    g = name
    keys = ", ".join(f'{part}:++{g},_{part}:(![]+"")[{g}]' for part in _PARTS)
    spelled = "+".join('"\\\\"+' + "+".join(f"{g}.{_PARTS[int(d)]}" for d in f"{ord(c):o}")
                       for c in code)  # fmt: skip
    return (
        f'{g}=~[];{g}={{{keys}}};{g}.$=({g}.___)[{g}.$_][{g}.$_];{g}.$({g}.$("\\""+{spelled})())();'
    )


def faces(code: str) -> str:
    """Spell code by drawn faces, as AAEncode does."""
    head = "ﾟωﾟﾉ= /｀ｍ´）ﾉ ~┻━┻   //*´∇｀*/ ['_']; o=(ﾟｰﾟ)  =_=3; c=(ﾟΘﾟ) =(ﾟｰﾟ)-(ﾟｰﾟ); "
    spelled = "".join(
        "(ﾟДﾟ)[ﾟεﾟ]+" + "".join(f"{_FACES[int(d)]}+ " for d in f"{ord(c):o}") for c in code
    )
    return f"{head}(ﾟДﾟ) ['_'] ( (ﾟДﾟ) ['_'] (ﾟεﾟ+(ﾟДﾟ)[ﾟoﾟ]+ {spelled}(ﾟДﾟ)[ﾟoﾟ]) (ﾟΘﾟ)) ('_');"


def signs(code: str) -> str:
    """Spell code by ``[]()!+`` alone, a number for each letter, in the shape of JSFuck."""
    letters = ["(" + "+".join(["!+[]"] * (ord(c) % 9 + 1)) + "+[])" for c in code]
    return "[][(![]+[])[+[]]][(![]+[])[!+[]+!+[]]](" + "+".join(letters) + ")()"
