"""Triton's `config.pbtxt`: every field is one of the published definition, with the type that it has there."""

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from lstm.export.formats.triton import triton_config

FIELD = descriptor_pb2.FieldDescriptorProto
# Of model_config.proto (github.com/triton-inference-server/common), its fields that are used, by their numbers there.
MESSAGES = {
    "ModelInput": [
        ("name", 1, FIELD.TYPE_STRING, 1),
        ("data_type", 2, ".DataType", 1),
        ("dims", 4, FIELD.TYPE_INT64, 3),
    ],
    "ModelOutput": [
        ("name", 1, FIELD.TYPE_STRING, 1),
        ("data_type", 2, ".DataType", 1),
        ("dims", 3, FIELD.TYPE_INT64, 3),
    ],
    "ModelDynamicBatching": [("preserve_ordering", 3, FIELD.TYPE_BOOL, 1)],
    "ModelConfig": [
        ("name", 1, FIELD.TYPE_STRING, 1),
        ("platform", 2, FIELD.TYPE_STRING, 1),
        ("max_batch_size", 4, FIELD.TYPE_INT32, 1),
        ("input", 5, ".ModelInput", 3),
        ("output", 6, ".ModelOutput", 3),
        ("dynamic_batching", 11, ".ModelDynamicBatching", 1),
    ],
}
DATA_TYPES = {"TYPE_INVALID": 0, "TYPE_BOOL": 1, "TYPE_INT64": 9, "TYPE_FP32": 11, "TYPE_FP64": 12}


def model_config():
    """The class of a `ModelConfig`."""
    file = descriptor_pb2.FileDescriptorProto(name="model_config.proto", syntax="proto3")
    enum = file.enum_type.add(name="DataType")
    for name, number in DATA_TYPES.items():
        enum.value.add(name=name, number=number)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, label in fields:
            if isinstance(kind, str):
                of = FIELD.TYPE_ENUM if kind == ".DataType" else FIELD.TYPE_MESSAGE
                message.field.add(name=field, number=number, type=of, type_name=kind, label=label)
            else:
                message.field.add(name=field, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("ModelConfig"))


def test_it_is_read_as_tritons_own_message():
    """Law: text format refuses a field or a value that the definition has not got. Dimensions are without the batch."""
    inputs = {"history": np.zeros((3, 42, 2)), "observed": np.zeros((3, 42, 2), bool), "static": np.zeros((3, 1))}
    config = text_format.Parse(triton_config("sales-eu", inputs, {"quantiles": (14, 3, 2)}), model_config()())
    assert (config.name, config.platform, config.max_batch_size) == ("sales-eu", "onnxruntime_onnx", 1_024)
    assert config.HasField("dynamic_batching")
    of_inputs = [(part.name, part.data_type, list(part.dims)) for part in config.input]
    assert of_inputs == [("history", 12, [42, 2]), ("observed", 1, [42, 2]), ("static", 12, [1])]
    assert [(part.name, part.data_type, list(part.dims)) for part in config.output] == [("quantiles", 12, [14, 3, 2])]
