#!/usr/bin/env python3
"""Trains the language model that `tsuzuri benchmark train` trains, with Keras on TensorFlow, and prints one JSON object.

The same arithmetic as far as Keras has it: float32, embedding, LSTM or GRU layers with carried state, dense output, mean
cross-entropy over all tokens of a window, a clip to a global norm of 1, Adam (AdamW without decay is Adam). What differs:
Keras' LSTM has one bias where PyTorch's and Tsuzuri's have two, so each of its layers has 4·H parameters less; its
windows are batch-major; its Adam adds epsilon before it corrects the second moment's bias and not after.

The step is one compiled graph, once by XLA and once without; the faster of the two is measured. Keras' LSTM has a kernel
of its own on GPUs only, so on a processor it is a loop over the window.

Needs tensorflow-cpu. The options are those of `tsuzuri benchmark train`.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

# Enough windows that no cache remembers one, few enough to lie ready.
WINDOWS = 32
WARM_UP_STEPS = 3
# So long each way of compiling is tried before the faster one is measured.
TRIAL_SECONDS = 2.0


def memory(name):
    """A figure of this process, in bytes; not getrusage's, which begins with the parent's."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name + ":"))


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("vocabulary-size", 65), ("embedding-size", 128), ("hidden-size", 256), ("layers", 2),
                          ("batch-size", 32), ("sequence-length", 64), ("threads", os.cpu_count())]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--cell", choices=["lstm", "gru"], default="lstm")
    parser.add_argument("--seconds", type=float, default=5)
    return parser.parse_args()


def main():
    asked = options()
    tf.config.threading.set_intra_op_parallelism_threads(asked.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(1)
    memory_at_start = memory("VmRSS")

    V, B, T = asked.vocabulary_size, asked.batch_size, asked.sequence_length
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[asked.cell]
    inputs = keras.Input(batch_shape=(B, T), dtype="int32")
    hidden = keras.layers.Embedding(V, asked.embedding_size)(inputs)
    for _ in range(asked.layers):
        hidden = layer(asked.hidden_size, return_sequences=True, stateful=True)(hidden)
    model = keras.Model(inputs, keras.layers.Dense(V)(hidden))
    optimizer = keras.optimizers.Adam(learning_rate=0.002, epsilon=1e-8, global_clipnorm=1.0)
    optimizer.build(model.trainable_variables)
    ids = tf.random.uniform((B, WINDOWS * T + 1), maxval=V, dtype=tf.int32)
    windows = [(ids[:, t:t + T], ids[:, t + 1:t + T + 1]) for t in range(0, WINDOWS * T, T)]

    def step(inputs, targets):
        with tf.GradientTape() as tape:
            logits = model(inputs, training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        return loss

    def run(compiled, limit):
        """Steps for so long; how many, their seconds and the last loss, which is waited for."""
        steps, start = 0, time.perf_counter()
        while True:
            loss = compiled(*windows[steps % WINDOWS])
            steps += 1
            seconds = time.perf_counter() - start
            if seconds >= limit:
                loss = float(loss)
                return steps, time.perf_counter() - start, loss

    trials = {}
    for name, by_xla in [("graph", False), ("XLA", True)]:
        try:
            compiled = tf.function(step, jit_compile=by_xla)
            for number in range(WARM_UP_STEPS):
                compiled(*windows[number])
            steps, seconds, _ = run(compiled, min(TRIAL_SECONDS, asked.seconds))
            trials[name] = steps / seconds, compiled
        except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
            # What XLA cannot compile runs without it.
            continue
    form = max(trials, key=lambda name: trials[name][0])
    steps, seconds, loss = run(trials[form][1], asked.seconds)

    print(json.dumps({
        "tokens_per_second": steps * B * T / seconds, "steps": steps, "seconds": seconds, "loss": loss, "form": form,
        "parameters": model.count_params(), "trials": {name: trial[0] * B * T for name, trial in trials.items()},
        "memory_at_start_bytes": memory_at_start, "peak_memory_bytes": memory("VmHWM"),
        "versions": {"Keras": keras.__version__, "TensorFlow": tf.__version__},
    }))


if __name__ == "__main__":
    main()
