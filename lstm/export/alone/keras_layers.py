"""The layers of an exported textbook network that Keras does not have: feeding forecasts back, and going between units.

Needs Keras 3 with any backend; import it before `keras.saving.load_model`. Letters: N windows, L look-back of the
longest member, H horizon, C targets, M members, Q quantile levels.
"""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="nightcast")
class Normalised(keras.layers.Layer):
    """The newest steps of windows less their level, by their scale, as one member reads them; 0 before the first."""

    def __init__(self, member: int, look_back: int, logs: list[bool], shared: bool, **options: Any) -> None:
        super().__init__(**options)
        self.member, self.look_back, self.logs, self.shared = member, look_back, logs, shared

    def call(self, history: Any, level: Any, scale: Any) -> Any:
        """(N, look_back, C), or with shared channels (N x C, look_back, 1). level, scale: (N, M, C)."""
        history = history[:, -self.look_back :]
        begun = ops.logical_not(ops.isnan(history))
        values = ops.where(begun, history, 1.0)
        if any(self.logs):
            is_log = ops.convert_to_tensor(self.logs)
            values = ops.where(is_log, ops.log(ops.where(is_log, values, 1.0)), values)
        values = (values - level[:, self.member, None]) / scale[:, self.member, None]
        values = ops.where(begun, values, 0.0)
        if self.shared:
            values = ops.reshape(ops.transpose(values, (0, 2, 1)), (-1, self.look_back, 1))
        return values

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("member", "look_back", "logs", "shared")},
        }


@keras.saving.register_keras_serializable(package="nightcast")
class FedBack(keras.layers.Layer):
    """An LSTM and a linear head that forecast one step, which is read as the newest of the look-back for the next."""

    def __init__(self, horizon: int, hidden: int, layers: int, targets: int, **options: Any) -> None:
        super().__init__(**options)
        self.horizon, self.hidden, self.layers, self.targets = horizon, hidden, layers, targets
        self.lstms = [keras.layers.LSTM(hidden, return_sequences=layer < layers - 1) for layer in range(layers)]
        self.head = keras.layers.Dense(targets)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Makes the weights of all layers. shape: (N, look_back, targets)."""
        for layer, lstm in enumerate(self.lstms):
            lstm.build((*shape[:2], self.hidden if layer else self.targets))
        self.head.build((None, self.hidden))

    def call(self, history: Any) -> Any:
        """(N, H, targets)."""
        steps = []
        for _ in range(self.horizon):
            states = history
            for lstm in self.lstms:
                states = lstm(states)
            steps.append(self.head(states))
            history = ops.concatenate([history[:, 1:], steps[-1][:, None]], axis=1)
        return ops.stack(steps, axis=1)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("horizon", "hidden", "layers", "targets")},
        }


@keras.saving.register_keras_serializable(package="nightcast")
class Quantiles(keras.layers.Layer):
    """The mean of the members in the targets' units, with calibrated quantiles around it that do not cross."""

    def __init__(
        self, calibration: list[Any], median: int, logs: list[bool], minimum: float | None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.calibration, self.median, self.logs, self.minimum = calibration, median, logs, minimum

    def call(self, forecasts: list[Any], level: Any, scale: Any) -> Any:
        """(N, H, Q, C). forecasts: a member's (N, H, C) each, or with shared channels (N x C, H, 1)."""
        horizon, targets = len(self.calibration), len(self.logs)
        total: Any = 0.0
        for member, forecast in enumerate(forecasts):
            by_target = ops.reshape(forecast, (-1, targets, horizon))
            steps = ops.transpose(by_target, (0, 2, 1)) if forecast.shape[2] != targets else forecast
            total = total + steps * scale[:, member, None] + level[:, member, None]
        offsets = ops.convert_to_tensor(self.calibration, dtype=self.compute_dtype)
        quantiles = (total / len(forecasts))[:, :, None] + offsets * scale[:, 0, None, None]
        columns = [quantiles[:, :, place] for place in range(len(self.calibration[0]))]
        for place in range(self.median - 1, -1, -1):
            columns[place] = ops.minimum(columns[place], columns[place + 1])
        for place in range(self.median + 1, len(columns)):
            columns[place] = ops.maximum(columns[place], columns[place - 1])
        ordered = ops.stack(columns, axis=2)
        if any(self.logs):
            is_log = ops.convert_to_tensor(self.logs)
            ordered = ops.where(is_log, ops.exp(ops.where(is_log, ordered, 0.0)), ordered)
        return ordered if self.minimum is None else ops.maximum(ordered, self.minimum)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("calibration", "median", "logs", "minimum")},
        }
