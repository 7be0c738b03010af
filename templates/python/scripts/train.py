"""Trains a model and writes it as ONNX, with the names of its columns and classes beside it.

Plain files are enough for `mlo repro`. To log more, `mlo run -- python scripts/train.py` answers MLflow's calls,

    import mlflow
    mlflow.log_params({"C": C})
    mlflow.log_metric("train_accuracy", accuracy)

and `mlo log` does the same from any language: `mlo log metric train_accuracy 0.99`.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from params import read_params

C, max_iter = read_params("train", "C", "max_iter")
try:
    table = pd.read_csv("data/train.csv")
except FileNotFoundError:
    sys.exit('error: data/train.csv is missing: run "mlo repro prepare"')

labels = table.pop("malignant")
model = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=max_iter))
model.fit(table.to_numpy(), labels)

onnx = to_onnx(
    model,
    initial_types=[("features", FloatTensorType([None, table.shape[1]]))],
    options={"zipmap": False},  # probabilities as a tensor; a list of maps cannot be served
    target_opset={"": 17, "ai.onnx.ml": 3},
    name="tumour",
)

signature = {
    "version": 1,
    "columns": [
        {"name": name, "dtype": "float32", "min": column.min(), "max": column.max()}
        for name, column in table.items()
    ],
    "classes": ["benign", "malignant"],
}
example = {"instances": table.head(2).to_numpy().tolist()}
accuracy = model.score(table.to_numpy(), labels)

for folder in ("models", "metrics"):
    Path(folder).mkdir(exist_ok=True)
Path("models/tumour.onnx").write_bytes(onnx.SerializeToString())
Path("models/signature.json").write_text(json.dumps(signature, indent=2) + "\n")
Path("models/example.json").write_text(json.dumps(example) + "\n")
Path("metrics/train.json").write_text(json.dumps({"train_accuracy": accuracy}) + "\n")
print(f"accuracy {accuracy:.4f} on the training rows; wrote models/tumour.onnx")
