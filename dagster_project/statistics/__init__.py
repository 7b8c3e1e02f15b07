"""Statistical methods: estimates from moments and counts. NumPy and SciPy only.

Belongs here: formulas, with their units, sources and what happens where they are undefined. Does not belong here: names of
outcomes, tables, files. This package imports no other part of the project.
"""

from dagster_project.statistics.ancova import Ancova, ancova
from dagster_project.statistics.attrition import (
    DifferenceOfShares,
    StandardisedDifference,
    difference_of_shares,
    standardised_difference,
    standardised_difference_of_shares,
)
from dagster_project.statistics.balance import (
    CategoryDifference,
    standardised_difference_of_categories,
    standardised_difference_of_means,
)
from dagster_project.statistics.change import PairedT, correlation, d_baseline, d_z, paired_t
from dagster_project.statistics.descriptives import Description, describe, t_interval
from dagster_project.statistics.effect_sizes import EffectSizes, effect_sizes, hedges_factor, noncentral_limits
from dagster_project.statistics.group_difference import (
    DifferenceInSds,
    MeanDifference,
    difference_in_sds,
    mean_difference,
)
from dagster_project.statistics.group_imputation import (
    CompletedPair,
    GroupImputation,
    Method,
    pooled_sd,
    reference_distribution,
)
from dagster_project.statistics.growth import GrowthModel, growth_model
from dagster_project.statistics.growth_sums import TimeSums, sums_of_people, time_sums
from dagster_project.statistics.imputation import ImputedChange, Pooled, impute_change, pool
from dagster_project.statistics.interaction import Estimates, Interaction, interaction
from dagster_project.statistics.meaning import (
    ClinicalChange,
    Midpoint,
    band_transitions,
    clinical_change,
    count_beyond,
    count_in_bands,
    percent_of_maximum,
    t_score,
    weighted_midpoint,
)
from dagster_project.statistics.measurement import (
    Alpha,
    Omega,
    ReliableChange,
    Shares,
    cronbach_alpha,
    feldt_interval,
    looks_unreversed,
    omega_one_factor,
    reliable_change,
    share_by_mcid,
    share_reliable,
)
from dagster_project.statistics.mixed import Estimate, MixedModel, mixed_model
from dagster_project.statistics.mmrm import Mmrm, fit_mmrm
from dagster_project.statistics.mmrm_covariates import CovariatePattern
from dagster_project.statistics.mmrm_design import included_patterns
from dagster_project.statistics.mmrm_inference import MmrmEstimate
from dagster_project.statistics.multiplicity import benjamini_hochberg, holm
from dagster_project.statistics.norm_scores import NormScores, PercentileSummary, norm_scores, percentile_summary
from dagster_project.statistics.normal import McarTest, Normal, fit_normal, little_mcar
from dagster_project.statistics.norms import NormDifference, norm_difference, norm_distance
from dagster_project.statistics.patterns import Pattern, patterns_of
from dagster_project.statistics.polychoric import bivariate_normal_cdf, ordinal_reliability, polychoric
from dagster_project.statistics.proportions import PairedDifference, mcnemar_exact, paired_difference, percent, wilson
from dagster_project.statistics.ranks import SignedRank, signed_rank
from dagster_project.statistics.repeated_answers import (
    AnswerPattern,
    AnswerShare,
    OddsRatio,
    RepeatedAnswers,
    fit_repeated_answers,
)
from dagster_project.statistics.resampling import Bca, SignFlip, bca, sign_flip
from dagster_project.statistics.sensitivity import (
    Comparison,
    PooledDifference,
    TippingPoint,
    imputations_needed,
    pooled_difference,
    tipping_point,
)
from dagster_project.statistics.symmetry import Symmetry, bowker
from dagster_project.statistics.two_proportions import (
    NumberNeeded,
    RatioOfShares,
    TwoProportions,
    fisher_exact,
    number_needed,
    odds_ratio,
    risk_ratio,
    two_proportions,
)

__all__ = [
    "Alpha",
    "Ancova",
    "AnswerPattern",
    "AnswerShare",
    "Bca",
    "CategoryDifference",
    "ClinicalChange",
    "Comparison",
    "CompletedPair",
    "CovariatePattern",
    "Description",
    "DifferenceInSds",
    "DifferenceOfShares",
    "EffectSizes",
    "Estimate",
    "Estimates",
    "GroupImputation",
    "GrowthModel",
    "ImputedChange",
    "Interaction",
    "McarTest",
    "MeanDifference",
    "Method",
    "Midpoint",
    "MixedModel",
    "Mmrm",
    "MmrmEstimate",
    "NormDifference",
    "NormScores",
    "Normal",
    "NumberNeeded",
    "OddsRatio",
    "Omega",
    "PairedDifference",
    "PairedT",
    "Pattern",
    "PercentileSummary",
    "Pooled",
    "PooledDifference",
    "RatioOfShares",
    "ReliableChange",
    "RepeatedAnswers",
    "Shares",
    "SignFlip",
    "SignedRank",
    "StandardisedDifference",
    "Symmetry",
    "TimeSums",
    "TippingPoint",
    "TwoProportions",
    "ancova",
    "band_transitions",
    "bca",
    "benjamini_hochberg",
    "bivariate_normal_cdf",
    "bowker",
    "clinical_change",
    "correlation",
    "count_beyond",
    "count_in_bands",
    "cronbach_alpha",
    "d_baseline",
    "d_z",
    "describe",
    "difference_in_sds",
    "difference_of_shares",
    "effect_sizes",
    "feldt_interval",
    "fisher_exact",
    "fit_mmrm",
    "fit_normal",
    "fit_repeated_answers",
    "growth_model",
    "hedges_factor",
    "holm",
    "imputations_needed",
    "impute_change",
    "included_patterns",
    "interaction",
    "little_mcar",
    "looks_unreversed",
    "mcnemar_exact",
    "mean_difference",
    "mixed_model",
    "noncentral_limits",
    "norm_difference",
    "norm_distance",
    "norm_scores",
    "number_needed",
    "odds_ratio",
    "omega_one_factor",
    "ordinal_reliability",
    "paired_difference",
    "paired_t",
    "patterns_of",
    "percent",
    "percent_of_maximum",
    "percentile_summary",
    "polychoric",
    "pool",
    "pooled_difference",
    "pooled_sd",
    "reference_distribution",
    "reliable_change",
    "risk_ratio",
    "share_by_mcid",
    "share_reliable",
    "sign_flip",
    "signed_rank",
    "standardised_difference",
    "standardised_difference_of_categories",
    "standardised_difference_of_means",
    "standardised_difference_of_shares",
    "sums_of_people",
    "t_interval",
    "t_score",
    "time_sums",
    "tipping_point",
    "two_proportions",
    "weighted_midpoint",
    "wilson",
]
