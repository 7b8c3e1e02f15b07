"""The page's scripts outside a browser. Belongs here: running them. Does not belong here: what they should say."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import dagster_project.report

SCRIPTS = Path(dagster_project.report.__file__).parent / "templates" / "page" / "scripts"
#: They touch no document.
PURE = ("format", "numbers", "people", "grid")
NODE = shutil.which("node")


def run_scripts(body: str, data: Any) -> Any:
    """What a function of this body returns, after the scripts that touch no document; it calls the data `input`."""
    scripts = "\n".join((SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in PURE)
    program = f'"use strict";\n{scripts}\nconst result = (input => {{ {body} }})({json.dumps(data)});\n'
    program += "process.stdout.write(JSON.stringify(result));"
    run = subprocess.run([str(NODE), "-"], input=program, capture_output=True, text=True, encoding="utf-8", timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
