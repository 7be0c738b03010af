"""Writes the data that scikit-learn carries as two tables: one to train with, one to evaluate with."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from params import read_params

test_share, seed = read_params("prepare", "test_share", "seed")

frame = load_breast_cancer(as_frame=True).frame
frame.columns = [name.replace(" ", "_") for name in frame.columns]
frame["malignant"] = 1 - frame.pop("target")  # scikit-learn says 0 for malignant
train, test = train_test_split(
    frame, test_size=test_share, random_state=seed, stratify=frame["malignant"]
)

Path("data").mkdir(exist_ok=True)
train.to_csv("data/train.csv", index=False)
test.to_csv("data/test.csv", index=False)
print(f"{len(train)} rows to train, {len(test)} to evaluate")
