"""Makes pydantic models of the JSON Schemas in contract/, with datamodel-code-generator."""
import pathlib
import subprocess
import sys

CONTRACT = pathlib.Path(__file__).parent / "contract"

for schema in CONTRACT.glob("*.schema.json"):
    subprocess.run(
        [sys.executable, "-m", "datamodel_code_generator", "--input", schema, "--input-file-type", "jsonschema",
         "--output", CONTRACT / schema.name.replace(".schema.json", ".py"), "--disable-timestamp",
         "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin",
         "--target-python-version", "3.10"],
        check=True,
    )
