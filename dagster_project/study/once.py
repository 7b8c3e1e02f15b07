"""What study.yaml may say once for all: the good end of scales, reversed items, the months of waves.

Belongs here: putting it where it belongs, and refusing what is also said there. Does not belong here: the models of waves
(protocol.py) and instruments (instruments.py), which see no difference.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from dagster_project.study.errors import StudyError

End = Literal["high", "low", "neither"]
#: What stands in a definition file, before it is validated.
Content = Mapping[str, Any]
#: Stands in `better` for every scale that is not named there.
OTHER_SCALES = "others"


def with_months(content: object) -> object:
    """The content of study.yaml with the month of each wave in its wave, where `months` has them.

    Raises ValueError for a wave that has no month or two, and for a month of no wave.
    """
    if not isinstance(content, Mapping) or "months" not in content:
        return content
    months = content["months"]
    if not isinstance(months, Mapping):
        raise ValueError("months: write the planned month of each wave by its name, e.g. months: {T1: 0, T2: 3}")
    waves = [wave for wave in content.get("waves") or () if isinstance(wave, Mapping)]
    names = [str(wave.get("wave")) for wave in waves]
    if unknown := [name for name in map(str, months) if name not in names]:
        raise ValueError(f"months names {unknown[0]!r}, which is no wave; the waves are {', '.join(names)}")
    month_by_wave = {str(name): month for name, month in months.items()}
    for wave, name in zip(waves, names, strict=True):
        if name in month_by_wave and "month" in wave:
            raise ValueError(f"the month of {name} stands under waves and under months; keep one of the two")
        if name not in month_by_wave and "month" not in wave:
            raise ValueError(f"months lacks {name}; add its planned month, e.g. {name}: 3")
    completed_waves = [
        wave if "month" in wave else {**wave, "month": month_by_wave[name]} for wave, name in zip(waves, names, strict=True)
    ]
    return {key: value for key, value in content.items() if key != "months"} | {"waves": completed_waves}


class CommonKeys:
    """What study.yaml says of scales and items in the place of the instruments' files, and which of it was of use.

    better: one end for all scales, or the end of each by its code. reversed_items: positions by instrument.
    """

    def __init__(self, better: End | Mapping[str, End] | None, reversed_items: Mapping[str, Iterable[int]]) -> None:
        self._better = better
        self._reversed_items = reversed_items
        self._open_scales: list[str] = []
        self._known_instruments: set[str] = set()

    def complete(self, code: str, content: Content) -> Content:
        """The content of an instrument's file with what it leaves to study.yaml.

        Raises ValueError for items that are said to be reversed in both.
        """
        completed = dict(content)
        self._known_instruments.add(code)
        if code in self._reversed_items:
            if "reversed" in content:
                raise ValueError("reversed stands here and in study.yaml, under reversed; keep one of the two")
            completed["reversed"] = list(self._reversed_items[code])
        if self._better is not None:
            for key in ("scales", "composites"):
                if isinstance(content.get(key), list):
                    completed[key] = [self._with_end(scale) for scale in content[key]]
        return completed

    def _with_end(self, scale: object) -> object:
        if not isinstance(scale, Mapping) or "better" in scale or self._better is None:
            return scale
        code = str(scale.get("scale"))
        self._open_scales.append(code)
        end = self._better if isinstance(self._better, str) else self._better.get(code) or self._better.get(OTHER_SCALES)
        if end is None:
            raise ValueError(f"scale {code} says nothing of better, nor does study.yaml; add {code} under better there")
        return {**scale, "better": end}

    def refuse_unused(self, file: object) -> None:
        """Raise StudyError, once all instruments are complete, for what study.yaml says of nothing."""
        if unknown := sorted(set(self._reversed_items) - self._known_instruments):
            raise StudyError(
                f"{file}: reversed: {unknown[0]!r} is no instrument of the study that has a file of its own; correct the"
                " name, or take it out"
            )
        named_scales = set() if self._better is None or isinstance(self._better, str) else {*self._better} - {OTHER_SCALES}
        if unknown := sorted(named_scales - set(self._open_scales)):
            raise StudyError(
                f"{file}: better: {unknown[0]!r} is no scale whose instrument leaves it open; correct the name, or say it in"
                " one place only"
            )
        if self._better is not None and not self._open_scales:
            raise StudyError(f"{file}: better: the instruments' files say it of every scale; take it out here")
