"""Scores the test rows with the ONNX file itself, so that what is measured is what will be served."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

from params import read_params

(threshold,) = read_params("evaluate", "threshold")
try:
    table = pd.read_csv("data/test.csv")
    model = Path("models/tumour.onnx").read_bytes()
except FileNotFoundError as error:
    sys.exit(f'error: {error.filename} is missing: run "mlo repro"')

labels = table.pop("malignant")
session = onnxruntime.InferenceSession(model)
_, probabilities = session.run(None, {"features": table.to_numpy(dtype=np.float32)})
malignant = probabilities[:, 1].astype(float)

metrics = {
    "auc": roc_auc_score(labels, malignant),
    "log_loss": log_loss(labels, malignant),
    "brier": brier_score_loss(labels, malignant),
    "accuracy": accuracy_score(labels, malignant >= threshold),
    "rows": len(labels),
}
fpr, tpr, _ = roc_curve(labels, malignant)

for folder in ("metrics", "plots"):
    Path(folder).mkdir(exist_ok=True)
Path("metrics/evaluate.json").write_text(json.dumps(metrics, indent=2) + "\n")
pd.DataFrame({"fpr": fpr, "tpr": tpr}).to_csv("plots/roc.csv", index=False)
print(f"auc {metrics['auc']:.4f}, accuracy {metrics['accuracy']:.4f} on {len(labels)} test rows")
