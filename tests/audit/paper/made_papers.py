"""Made papers: pages, documents, workbooks and texts with tables of the shapes that journals and programs print.

Belongs here: making them, of made people. Does not belong here: what is expected of them.
"""

import io
import zipfile

import docx
import xlsxwriter

#: What a page of an archive of articles looks like around its tables.
_SECTION = """<section class="tw"><h4 class="head">Table {number}.</h4><div class="caption"><p>{title}</p></div>
<div class="box"><table>{table}</table></div><div class="tw-foot">{notes}</div></section>"""
BASELINE = """<thead><tr><th></th><th>Intervention (n&nbsp;=&nbsp;40)</th><th>Control (n&nbsp;=&nbsp;50)</th><th><i>P</i> value</th></tr></thead>
<tbody>
<tr><td>Age, years</td><td>45.2 (10.1)</td><td>44.8 (9.9)</td><td>.85<sup>a</sup></td></tr>
<tr><td>Sex</td><td></td><td></td><td>.52<sup>b</sup></td></tr>
<tr><td>&nbsp;&nbsp;Women</td><td>22 (55.0)</td><td>31 (62.0)</td><td></td></tr>
<tr><td>&nbsp;&nbsp;Men</td><td>18 (45.0)</td><td>19 (38.0)</td><td></td></tr>
<tr><td>Smoker, n (%)</td><td>{smokers}</td><td>10 (20.0)</td><td>NS</td></tr>
</tbody>"""
OUTCOMES = """<tr><th rowspan="2">Scale</th><th colspan="2">Intervention</th><th colspan="2">Control</th><th rowspan="2">p</th></tr>
<tr><th>Pre</th><th>Post</th><th>Pre</th><th>Post</th></tr>
<tr><td>Distress</td><td>12.10 ± 4.00</td><td>8.05 ± 3.90</td><td>12.02 ± 4.10</td><td>11.52 ± 4.40</td><td>&lt;&nbsp;.001***</td></tr>
<tr><td>Hope</td><td>3·45 ± 0·80</td><td>–</td><td>3·40 ± 0·82</td><td>3·42 ± 0·79</td><td>.91</td></tr>"""
MODELS = """<thead><tr><th>Predictor</th><th>Crude OR (95% CI)</th><th>p</th><th>Adjusted OR (95% CI)</th><th>p</th></tr></thead>
<tr><td>Age</td><td>1.02 (0.99–1.05)</td><td>.19</td><td>1.03 (1.00, 1.06)</td><td>.05</td></tr>
<tr><td>Women</td><td>1 [Reference]</td><td></td><td>1 [Reference]</td><td></td></tr>
<tr><td>Men</td><td>1.20 (0.80 to 1.80)</td><td>.38</td><td>see text</td><td></td></tr>"""


def page(smokers: str = "12 (30.0)") -> str:
    """A page with three tables and their notes, a layout table around one, and scripts."""
    sections = (
        (1, "Baseline characteristics", BASELINE.format(smokers=smokers),
         "<p>Values are mean (SD) or n (%).</p><p><sup>a</sup> t test. <sup>b</sup> Chi-square test.</p>"),
        (2, "Outcomes, mean ± SD", OUTCOMES, "<p>***p &lt; .001</p>"),
        (3, "Models", MODELS, "<p>OR, odds ratio.</p>"),
    )  # fmt: skip
    body = "\n".join(
        _SECTION.format(number=number, title=title, table=table, notes=notes) for number, title, table, notes in sections
    )
    return (
        f"<!DOCTYPE html><html><head><style>td {{}}</style><script>var t = '<table><tr><td>1</td></tr></table>';</script></head>"
        f"<body><table><tr><td>{body}</td></tr></table></body></html>"
    )


def document() -> bytes:
    """A Word document with three tables: cells merged in the head, row groups, raised marks, a change column."""
    made = docx.Document()
    made.add_paragraph("Table 1. Scores at both times, M (SD)")
    first = made.add_table(rows=5, cols=5)
    _fill(first, [
        ["Scale", "Intervention (n = 40)", "", "Control (n = 50)", ""],
        ["", "T1", "T2", "T1", "T2"],
        ["Well-being", "48.43 (8.90)", "50.13 (9.10)", "47.90 (9.00)", "48.02 (9.20)"],
        ["Distress", "12.10 (4.00)", "8.05 (3.90)", "12.02 (4.10)", "11.52 (4.40)"],
        ["Hope", "3.45 (0.80)", "3.60 (0.75)", "3.40 (0.82)", "3.42 (0.79)"],
    ])  # fmt: skip
    for left in (1, 3):
        first.cell(0, left).merge(first.cell(0, left + 1))
    first.cell(0, 0).merge(first.cell(1, 0))
    mark = first.cell(2, 1).paragraphs[0].add_run("a")
    mark.font.superscript = True
    made.add_paragraph("Note. M = mean.")
    made.add_paragraph("Table 2. Scores by group")
    second = made.add_table(rows=7, cols=4)
    _fill(second, [
        ["Scale and group", "n", "M", "SD"],
        ["Well-being", "", "", ""], ["   Men", "18", "48.50", "8.90"], ["   Women", "22", "50.14", "9.10"],
        ["Distress", "", "", ""], ["   Men", "18", "12.11", "4.00"], ["   Women", "22", "8.05", "3.90"],
    ])  # fmt: skip
    made.add_paragraph("Table 3. Change")
    third = made.add_table(rows=3, cols=4)
    _fill(third, [
        ["", "Pre M (SD)", "Post M (SD)", "Change (95% CI)"],
        ["Well-being (n = 40)", "48.43 (8.90)", "50.13 (9.10)", "1.70 (0.10 to 3.30)"],
        ["Distress (n = 40)", "12.10 (4.00)", "8.05 (3.90)", "−4.05 (−5.20 to −2.90)"],
    ])  # fmt: skip
    with io.BytesIO() as stream:
        made.save(stream)
        return stream.getvalue()


def _fill(table: docx.table.Table, rows: list[list[str]]) -> None:
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text


def workbook() -> bytes:
    """A workbook: title rows above, a merged head, notes below, numbers as numbers and as text; a hidden sheet."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        sheet = made.add_worksheet("Results")
        sheet.write(0, 0, "Table 4")
        sheet.write(1, 0, "Scores of two groups")
        sheet.merge_range(2, 1, 2, 3, "Men")
        sheet.merge_range(2, 4, 2, 6, "Women")
        for column, text in enumerate(["Scale", "N", "Mean", "Std. Deviation", "N", "Mean", "Std. Deviation", "p"]):
            sheet.write(3, column, text)
        for column, value in enumerate(["Hope", 18, 3.44, 0.8, 22, 3.59, "0.75", ".56"]):
            sheet.write(4, column, value)
        sheet.write(5, 0, "Note. Made of made people, to show how tables are read.")
        hidden = made.add_worksheet("Hidden")
        hidden.write_row(0, 0, ["A", "M"])
        hidden.write_row(1, 0, ["secret", 1])
        hidden.hide()
    return stream.getvalue()


def formatted_workbook() -> bytes:
    """Numbers of more digits than their cells show, far to the right, and a row whose cells have no format."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as made:
        sheet = made.add_worksheet("Scores of all")
        codes = ("General", "0", "0.00", "#,##0.00", '0.00"*"', "0.0%")
        formats = [made.add_format({"num_format": code}) for code in codes]
        sheet.write(0, 22, "Table 1. Scores")
        sheet.write_row(1, 22, ["Scale", "N", "M", "SD", "SE", "%"])
        for column, value in enumerate(["Hope", 25, 3.456, 1.2345, 0.9, 0.35294]):
            sheet.write(2, 22 + column, value, formats[column])
        sheet.write_row(3, 22, ["Joy", 25, 3.4])
    return stream.getvalue()


def archive(*names: str) -> bytes:
    """A zip file with parts of these names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for name in names:
            made.writestr(name, "<a/>")
    return stream.getvalue()


_ARTICLE_SECTION = """<section class="tw xbox font-sm" id="T{number}"><h4 class="obj_head">Table {number}.</h4>
<div class="caption p"><p>{title}</p></div><div class="tbl-box p" tabindex="0"><table class="content" frame="hsides" rules="groups">
<colgroup><col align="left" span="1"><col align="center" span="1"></colgroup>{table}</table></div>
<div class="p text-right font-secondary"><a href="table/T{number}/" class="usa-link" target="_blank">Open in a new tab</a></div>
<div class="tw-foot p">{notes}</div></section>"""
_ARTICLE_BASELINE = """<thead><tr><th align="left" colspan="1" rowspan="1"></th><th align="center" colspan="1" rowspan="1">Intervention<br/>(<em>n</em> = 40)</th>
<th align="center" colspan="1" rowspan="1">Control<br/>(<em>n</em> = 50)</th><th colspan="1" rowspan="1"><em>P</em><sup><a href="#TFN1" class="usa-link">a</a></sup></th></tr></thead>
<tbody><tr><td align="left" colspan="1" rowspan="1">Age, years, mean (SD)</td><td>45.2 (10.1)</td><td>44.8 (9.9)</td><td>.85</td></tr>
<tr><td colspan="4" rowspan="1"><strong>Sex, <em>n</em> (%)</strong></td></tr>
<tr><td> Women</td><td>22 (55.0)</td><td>31 (62.0)</td><td rowspan="2" colspan="1">.50</td></tr>
<tr><td> Men</td><td>18 (45.0)</td><td>19 (38.0)</td></tr></tbody>"""
_ARTICLE_MODELS = """<thead><tr><th rowspan="2" colspan="1">Predictor</th><th colspan="3" rowspan="1">Crude</th><th colspan="2" rowspan="1">Adjusted<hr/></th></tr>
<tr><th>OR</th><th>95% CI</th><th>p</th><th>OR</th><th>95% CI</th></tr></thead>
<tbody><tr><td>Age</td><td>1.02</td><td>0.99–1.05</td><td>.19</td><td>1.03</td><td>1.00–1.06</td></tr>
<tr><td>Men</td><td>1.20</td><td>0.80–1.80</td><td>.38</td><td>1 (ref)</td><td>—</td></tr></tbody>"""


def archive_page() -> str:
    """A whole page of an archive of articles: its tables as such pages have them, and what is around them."""
    sections = (
        (1, "Characteristics of the made people", _ARTICLE_BASELINE,
         '<div class="fn" id="TFN1"><sup>a</sup><p class="p">Chi-square and t tests.</p></div>'),
        (2, "Who drops out", _ARTICLE_MODELS, '<div class="fn"><p>OR = odds ratio.</p></div>'),
    )  # fmt: skip
    tables = [
        _ARTICLE_SECTION.format(number=number, title=title, table=table, notes=notes)
        for number, title, table, notes in sections
    ]
    return f"""<!DOCTYPE html><html lang="en"><head><title>Made people</title><link rel="stylesheet" href="x.css">
<script type="application/ld+json">{{"a": "<table>"}}</script></head><body><a class="usa-skipnav" href="#main">Skip</a>
<nav><ul class="menu"><li>Search</li><li>Cite</li></ul></nav><main id="main"><article><h1>Made people answer</h1>
<section class="abstract"><h2>Abstract</h2><p>Of 90 people 40 (44.4%) were in the intervention.</p></section>
<section id="S1"><h2 class="pmc_sec_title">Results</h2><p>As <a class="usa-link" href="#T1">Table 1</a> shows, t(88) = 0.19, p = .85.</p>
{tables[0]}<p>See <a href="#T2">Table 2</a>.</p><figure class="fig xbox" id="F1"><h4 class="obj_head">Figure 1.</h4><p><img src="f.jpg" alt="Flow">
</p><figcaption><p>Flow.</p></figcaption></figure>{tables[1]}</section>
<section class="ref-list"><h2>References</h2><ul class="ref-list"><li><span class="label">1.</span><cite>Nobody N. 2020;3:1–9.</cite></li></ul></section>
</article></main><footer><ul><li>Help</li></ul></footer></body></html>"""


PASTED = (
    "Table 2. Mean scores\n\nMeasure\tIntervention (n = 40)\t\tControl (n = 50)\t\tt(88)\tp\n\tM\tSD\tM\tSD\t\t\n"
    "Hope\t3.45\t0.80\t3.40\t0.82\t0.29\t.772\nDistress\t8.05\t3.90\t11.52\t4.40\t−3.91\t<.001\n"
)
WIDE = "Skala;T1_n;T1_M;T1_SD;T2_n;T2_M;T2_SD;p\nHoffnung;40;3,45;0,80;40;3,60;0,75;,120\nBelastung;1.234;12,10;4,00;1.200;8,05;3,90;<,001\n"
SPSS_PAIRED = (
    "\tPaired Differences\t\t\t\t\tt\tdf\tSig. (2-tailed)\n"
    "\tMean\tStd. Deviation\tStd. Error Mean\t95% Confidence Interval of the Difference\t\t\t\t\n"
    "\t\t\t\tLower\tUpper\t\t\t\n"
    "pre - post\t-1.700\t5.000\t.791\t-3.299\t-.101\t-2.150\t39\t.038\n"
)
JASP_DESCRIPTIVES = (
    "\tHope\t\tDistress\t\n\tpre\tpost\tpre\tpost\nValid\t40\t40\t40\t40\nMean\t3.450\t3.600\t12.100\t8.050\n"
    "Std. Deviation\t0.800\t0.750\t4.000\t3.900\nMinimum\t1.500\t1.750\t2.000\t1.000\n"
)
JAMOVI_TEST = (
    "| | Statistic | df | p | Mean difference | SE difference | Lower | Upper |\n|---|---|---|---|---|---|---|---|\n"
    "| Hope | -2.15 | 39 | 0.038 | -1.70 | 0.79 | -3.30 | -0.10 |\n"
)
R_MODEL = (
    "            Estimate Std. Error t value Pr(>|t|)\n(Intercept)  10.1000     1.0000  10.100  < 2e-16 ***\n"
    "group         1.7000     0.7906   2.150   0.0380 *\n"
)
R_TABLE_ONE = (
    "                    Stratified by group\n                     control        treated        p\n"
    "  n                     50             40\n  age (mean (SD))    44.80 (9.90)   45.20 (10.10)   0.850\n"
    "  sex = Women (%)       31 (62.0)      22 (55.0)    0.520\n"
)
GTSUMMARY = (
    "| **Characteristic** | **Drug A** N = 40^{1} | **Drug B** N = 50^{1} | **p-value**^{2} |\n|:---|:---:|:---:|:---:|\n"
    "| **Age** | 45 (38, 52) | 44 (37, 51) | 0.7 |\n| Unknown | 2 | 1 | |\n\n"
    "^{1} Median (Q1, Q3); n (%)\n^{2} Wilcoxon rank sum test\n"
)
GROUPS_BELOW_OUTCOMES = (
    "Outcome\tGroup\tn\tMean\tSD\nHope\tMen\t18\t3.44\t0.80\n\tWomen\t22\t3.59\t0.75\nJoy\tMen\t18\t2.11\t0.50\n"
    "\tWomen\t22\t2.05\t0.55\n"
)
ESTIMATED_MEANS = (
    "Group\tEstimated mean (SE)\t95% CI\tMean difference (95% CI)\tp\nTreated\t12.3 (0.5)\t11.3–13.3\t2.1 (0.7 to 3.5)\t.004\n"
    "Control\t10.2 (0.5)\t9.2–11.2\tRef\t\n"
)
CORRELATIONS = "\tM\tSD\t1\t2\n1. Hope\t3.45\t0.80\t–\t\n2. Distress\t8.05\t3.90\t−.45**\t–\n"
REGRESSION = (
    "\tModel 1\tModel 2\n\tB\tB\nAge\t0.31***\t0.28**\n\t(0.08)\t(0.09)\nWomen\t−0.12\t−0.10\n\t(0.11)\t(0.11)\n"
    "Note. Standard errors in parentheses, as is usual in such tables.\n"
)
