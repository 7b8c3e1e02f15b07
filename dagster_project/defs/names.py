"""The names of one study among several that a Dagster serves: its asset keys, jobs and pool; a study alone has no prefix.

Belongs here: putting the study's name before keys and names. Does not belong here: what the study is called (studies.py).

Steps, resources and groups keep their names: each study is a repository of its own (many_studies.py).
"""

import copy
import warnings
from collections.abc import Iterable

import dagster as dg

from dagster_project.settings import Settings


def asset_key(settings: Settings, key: dg.AssetKey | Iterable[str]) -> dg.AssetKey:
    """A key of a study's graph, as Dagster knows it."""
    path = key.path if isinstance(key, dg.AssetKey) else tuple(key)
    return dg.AssetKey([*_prefix_path(settings), *path])


def own_key(settings: Settings, key: dg.AssetKey) -> dg.AssetKey:
    """The same key without the study's name."""
    return dg.AssetKey(key.path[len(_prefix_path(settings)) :])


def name_of(settings: Settings, name: str) -> str:
    """The name of a job, sensor or schedule of a study."""
    return "_".join([*_prefix_path(settings), name])


def pool_of(settings: Settings) -> str | None:
    """The pool of a study's steps, of which one run at a time has the only place; a study alone needs none."""
    return settings.prefix or None


def of_study(settings: Settings, assets: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """Assets or checks under the study's name, in its pool. Without a name they are as they were."""
    if not settings.prefix:
        return assets
    keys = {
        *assets.keys,
        *assets.node_keys_by_input_name.values(),
        *(dep.asset_key for spec in assets.specs for dep in spec.deps),
        *(check.asset_key for check in assets.check_keys),
        *(dep.asset_key for check in assets.check_specs for dep in check.additional_deps),
    }
    renamed = assets.with_attributes(asset_key_replacements={key: asset_key(settings, key) for key in keys})
    checks = {
        output: spec._replace(
            additional_deps=[dep._replace(asset_key=asset_key(settings, dep.asset_key)) for dep in spec.additional_deps]
        )
        for output, spec in renamed.node_check_specs_by_output_name.items()
    }
    # Dagster takes a step's pool where the step is written down, which is once for all studies.
    step = copy.copy(renamed.op)
    step._pool = pool_of(settings)
    attributes = renamed.get_attributes_dict() | {"node_def": step, "check_specs_by_output_name": checks}
    if not isinstance(assets, dg.AssetChecksDefinition):
        return dg.AssetsDefinition.dagster_internal_init(**attributes)
    with warnings.catch_warnings():
        # Of a parameter that Dagster itself passes to every check.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.AssetChecksDefinition(**attributes)


def spec_of_study(settings: Settings, spec: dg.AssetSpec) -> dg.AssetSpec:
    """The same of what is only described."""
    if not settings.prefix:
        return spec
    deps = [dep._replace(asset_key=asset_key(settings, dep.asset_key)) for dep in spec.deps]
    return spec.replace_attributes(key=asset_key(settings, spec.key), deps=deps)


def _prefix_path(settings: Settings) -> tuple[str, ...]:
    return (settings.prefix,) if settings.prefix else ()
