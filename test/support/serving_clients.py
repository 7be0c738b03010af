"""Asks a running `mlo serve` with the official clients; prints one JSON line a check. argv: base URL, bundle."""
import asyncio
import json
import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import tritonclient.http as triton
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

base, bundle = sys.argv[1:3]
host, port = base.removeprefix("http://").split(":")
rows = {"hour": [18, 6, 23], "distance": [500.0, 1000.0, 250.5], "origin": ["ORD", "ZZZ", "JFK"]}
types = {"hour": (np.int64, "INT64"), "distance": (np.float32, "FP32"), "origin": (np.object_, "BYTES")}


def tensors(make, binary):
    for name, (dtype, datatype) in types.items():
        values = np.array(rows[name], dtype=dtype).reshape(-1, 1)
        tensor = make(name, list(values.shape), datatype)
        tensor.set_data_from_numpy(values, binary_data=binary)
        yield tensor


def tell(peer, check, values):
    print(json.dumps({"peer": peer, "version": version(peer), "check": check, "values": values}), flush=True)


def flat(array):
    return [float(value) for value in np.asarray(array, dtype=np.float64).ravel()]


def ask_triton():
    client = triton.InferenceServerClient(f"{host}:{port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("late", "1")
    assert client.get_model_metadata("late")["inputs"][2]["datatype"] == "BYTES"
    assert client.get_model_config("late")["max_batch_size"] > 1
    assert client.get_model_repository_index()[0]["state"] == "READY"
    for binary in (True, False):
        inputs = list(tensors(triton.InferInput, binary))
        answer = client.infer("late", inputs)
        tell("tritonclient", f"infer, binary input {binary}, default output", flat(answer.as_numpy("probability")))
        wanted = [triton.InferRequestedOutput("probability", binary_data=not binary)]
        answer = client.infer("late", inputs, outputs=wanted, request_id="mine", request_compression_algorithm="gzip")
        assert answer.get_response()["id"] == "mine"
        tell("tritonclient", f"infer, gzip, binary output {not binary}", flat(answer.as_numpy("probability")))
        answer = client.infer("late", inputs, request_compression_algorithm="deflate")
        tell("tritonclient", f"infer, deflate, binary input {binary}", flat(answer.as_numpy("probability")))
    try:
        client.infer("nothing", inputs)
    except triton.InferenceServerException as error:
        assert "[404]" in str(error) and "nothing" in str(error)
        tell("tritonclient", "an unknown model is its own exception", None)


async def ask_kserve():
    client = InferenceRESTClient(config=RESTConfig(protocol="v2"))
    assert await client.is_server_live(base) and await client.is_server_ready(base)
    assert await client.is_model_ready(base, "late")
    for binary in (True, False):
        request = InferRequest(model_name="late", infer_inputs=list(tensors(InferInput, binary)))
        answer = await client.infer(base, request, model_name="late")
        tell("kserve", f"V2 infer, binary {binary}", flat(answer.outputs[0].as_numpy()))
    client = InferenceRESTClient(config=RESTConfig(protocol="v1"))
    assert await client.is_server_live(base) and await client.is_model_ready(base, "late")
    instances = [dict(zip(rows, values)) for values in zip(*rows.values())]
    answer = await client.infer(base, {"instances": instances}, model_name="late")
    tell("kserve", "V1 predict", flat(answer["predictions"]))


def ask_mlflow():
    client = ScoringServerClient(host, int(port))
    client.wait_server_ready(10)
    tell("mlflow", "invocations, data frame", flat(client.invoke(pd.DataFrame(rows)).get_predictions()))


def check_sbom():
    with open(f"{bundle}/sbom.cdx.json", encoding="utf-8") as file:
        problem = JsonStrictValidator(SchemaVersion.V1_5).validate_str(file.read())
    assert problem is None, problem
    tell("cyclonedx-python-lib", "sbom.cdx.json against the strict 1.5 schema", None)


ask_triton()
asyncio.run(ask_kserve())
ask_mlflow()
check_sbom()
