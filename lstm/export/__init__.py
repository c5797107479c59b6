"""A model as a folder for programs without Nightcast: ONNX, PyTorch or Keras, with an example that they can run."""
