# %% [markdown]
# # 27. More data, more devices, more machines
#
# *Train on what does not fit into memory, on eight devices, with a cluster behind you; then pull the plugs and see what is left.*
#
# **You will be able to**
# - feed a model from a file larger than memory;
# - train one model on many devices, on each backend, and get the weights of one device;
# - cut up a model's weights over devices, and say what each device holds;
# - spread a sweep over a cluster, and lose a worker without losing the sweep;
# - resume after a power cut, a full disk or a killed process, bit for bit;
# - train in mixed precision, with 16 bits, and say what must stay in 32.
#
# **You need** lessons 06, 09 and 25.
#
# **Time** 35 minutes to read, 20 for the exercises, about 45 seconds to run.

# %% tags=["setup"]
from ae_course import elsewhere, notebook
from ae_course.exercises import lesson_27 as checks
from ae_keras import Autoencoder, DenseDecoder, DenseEncoder, backend, data
from ae_keras import evaluation, losses, plots, saving
from ae_keras.training import parallel

import contextlib
import errno
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from unittest import mock

import dask
import distributed
import joblib
import keras
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Markdown, display

notebook.start(seed=0)
train, val, test = data.load_splits()
x_train, x_val = train.x[:2048], val.x[:1024]
folder = Path(tempfile.mkdtemp())


# %%
def new_model(latent_dim=8):
    model = Autoencoder(
        DenseEncoder(latent_dim, hidden=(64,)), DenseDecoder(x_train.shape[1:], hidden=(64,))
    )
    backend.seed_weights(model, seed=0)
    model.compile(optimizer=keras.optimizers.Adam(0.005), loss=losses.squared_error)
    return model


# %% [markdown] numbers={"A million": "given: an example"}
# Everything here runs on one computer, on a small scale: devices are simulated, the cluster has two workers, and the power cut is an exception. Each section says what changes when the machines are real.
#
# ## A file instead of an array
#
# Our pictures have always been one array. A million photographs are not. A **[memory-mapped file](glossary.md#memory-mapped-file)** looks like an array, but its contents stay on the disk; the system fetches the pages that you touch and drops them when memory is short. First write one, part by part, so that not even the writer holds it all. The parts here are our digits again and again; yours come from a camera.

# %%
n_images = 16_384
shape = (n_images, *x_train.shape[1:])
file = np.lib.format.open_memmap(folder / "large.npy", mode="w+", dtype="float32", shape=shape)
for start in range(0, n_images, len(x_train)):
    file[start : start + len(x_train)] = x_train
file.flush()
print(f"{n_images} images, {(folder / 'large.npy').stat().st_size / 2**20:.1f} MB on disk")

# %% [markdown]
# `data.Batches` of lesson 02 takes such a file as it is. It shuffles *row numbers*, not images, and copies only the rows of one batch. **Predict.** We go once through 4,096, 8,192 and 16,384 images, read into memory or mapped. How does the peak of the memory grow in each case?


# %%
def peak_mb(work):
    """The most memory that NumPy and Python held at one time while `work()` ran, in MB."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def one_pass(n, in_memory):
    x = np.load(folder / "large.npy", mmap_mode="r")[:n]
    batches = data.Batches(np.array(x) if in_memory else x, batch_size=128)
    for _ in batches.one_epoch():
        pass


lengths = [4096, 8192, 16384]
peaks = {"read": [], "mapped": []}
for n in lengths:
    peaks["read"].append(peak_mb(lambda n=n: one_pass(n, in_memory=True)))
    peaks["mapped"].append(peak_mb(lambda n=n: one_pass(n, in_memory=False)))
print("images   read, MB   mapped, MB")
for row in zip(lengths, *peaks.values(), strict=True):
    print(f"{row[0]:6d} {row[1]:10.1f} {row[2]:12.1f}")

# %% mystnb={"image": {"alt": "Peak memory against the number of images: a line for arrays read into memory that rises to about fifty megabytes, and a flat one near one megabyte for the mapped file"}}
fig, ax = plt.subplots(figsize=(5.5, 2.8))
for kind, marker in (("read", "o"), ("mapped", "s")):
    ax.plot(lengths, peaks[kind], marker=marker, label=f"{kind} file")
ax.set(xlabel="images", ylabel="peak memory, MB", xticks=lengths, ylim=(0, None))
ax.legend()
plt.show()

# %% [markdown] numbers={"530": "given: measured.json, scaling, jax", "720": "given: measured.json, scaling, jax", "2,500": "given: measured.json, scaling", "60,000": "given: measured.json, scaling"}
# The array grows with the data; the mapped file needs the few batches in flight, whatever its length. If you watch a long training with `top`, though, you will see its memory grow: from 530 MB with 2,500 images to 720 with 60,000 in our benchmark, on JAX. `top` counts the pages of the file that happen to be in memory (*resident*), and the system takes those back as soon as it needs them. What the process holds for itself (*anonymous* memory, in `/proc/<number>/smaps_rollup`) stayed the same. And the model cannot tell the difference:

# %%
mapped = np.load(folder / "large.npy", mmap_mode="r")
found = []
for x in (x_train, mapped[:2048]):
    model = new_model()
    model.fit(data.Batches(x), epochs=1, shuffle=False, verbose=0)
    found.append(model.get_weights())
same = all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
print("the same weights from the file:", same)

# %% [markdown] numbers={"a quarter": "1 / 4"}
# **In practice**: picking single rows at random suits a local solid-state disk. On a network disk, read large blocks: shuffle the blocks, then the rows within a few of them. And keep bytes, a quarter of the size; a `keras.utils.PyDataset` of your own then scales each batch in its `__getitem__`, with `data.to_unit_range`.

# %% [markdown]
# ## One model on many devices
#
# In **[data parallelism](glossary.md#data-parallelism)** every device has a copy of the model. A batch is cut into **shards**, one for each device; each computes the gradient on its shard; the gradients are averaged; every copy makes the same step. In theory nothing changes but the time, because a mean is a mean of means. **Predict**: when is that wrong?

# %%
gradients = np.random.default_rng(0).normal(1, 1, size=8)  # of 8 images, for one weight
for n in (8, 7):
    shards = np.array_split(gradients[:n], 2)
    means = [shard.mean() for shard in shards]
    print(f"{n} images: mean {gradients[:n].mean():.3f}, mean of two means {np.mean(means):.3f}")

# %% [markdown] numbers={"a thousand": "given: tried, two epochs on TensorFlow and PyTorch"}
# When the shards are unequal: images in the smaller shard count for more. That is often so in the *last* batch of an epoch. What then happens depends on the backend. With 2,001 images JAX stops in mid-epoch with an `IndivisibleError`; TensorFlow and PyTorch go on, and when we tried it, weights were off by two parts in a thousand after two epochs. Nobody would notice. So check before you start:

# %%
try:
    parallel.check_shards(data.Batches(x_train[:2001], batch_size=128), n_workers=8)
except ValueError as error:
    print(error)

# %% [markdown]
# What makes a `keras.Model` data-parallel differs more between backends than anything else in this course. The heart of it, in Keras 3.15:
#
# | | devices | what you write | who trains |
# |---|---|---|---|
# | JAX | all that one process sees; several hosts by `keras.distribution.initialize()` | `keras.distribution.set_distribution(keras.distribution.DataParallel())` before the model | `fit` |
# | TensorFlow | all that one process sees; several hosts would need `MultiWorkerMirroredStrategy`, with which `fit` of Keras 3.15 ends in an error (tried) | `with tf.distribute.MirroredStrategy().scope():` around the model and `compile` | `fit` |
# | PyTorch | one process each, started by `torchrun` | `DistributedDataParallel(model)`, and a shard of each batch (`parallel.Shard`) | your loop (lesson 06), with Keras's optimizer |
#
# The number of devices must be known before the framework is imported, so this cannot happen in a notebook's running kernel. The three ways are scripts in `notebooks/scripts`, for you to copy. They take all GPUs that they find, stop if there are fewer than you asked for, keep a checkpoint after each epoch and go on from it. Here is the one for your backend:

# %%
name = keras.config.backend()
script = Path("scripts") / f"data_parallel_{name}.py"
display(Markdown(f"```python\n{script.read_text(encoding='utf-8')}```"))

# %% [markdown]
# Note how little of it is about devices. The model, its loss and `compile` are those of the cell at the top; `launch` is a file beside it, of which more below. Now run it, on simulated devices, and train the same model here on one. (Eight devices on JAX, two on the others, whose copies and processes take longer to start.)

# %%
np.save(folder / "images.npy", x_train)
n_devices = 8 if name == "jax" else 2
command = [sys.executable, script, folder, "--simulate", str(n_devices)]
if name == "torch":  # the launcher starts the processes; `torchrun` is its short name
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n_devices)]
    command = [sys.executable, *launcher, script, folder]
done = subprocess.run(command, env=os.environ | {"GPU": "0"}, capture_output=True, text=True)
if done.returncode:
    raise RuntimeError(done.stderr)

model = new_model()
model.fit(data.Batches(x_train, batch_size=128), epochs=2, shuffle=False, verbose=0)
one = np.concatenate([weight.ravel() for weight in model.get_weights()])
with np.load(folder / "weights.npz") as file:
    many = np.concatenate([file[key].ravel() for key in file.files])
difference = np.linalg.norm(many - one) / np.linalg.norm(one)
print("same weights as one device:", bool(difference <= 1e-5))

# %% [markdown] numbers={"16": "128 / 8", "1,024": "128 * 8", "512": "given: benchmarks/devices.py"}
# Not to the bit: partial sums round differently from one sum, and the difference grows with training.
#
# **In practice** the batch changes. Our 128 images are the **global batch**, and on 8 devices each has a **local batch** of 16, which leaves a GPU idle most of the time. One usually keeps the local batch, here 128 images, and lets the global one grow with the number of devices, to 1,024. That makes fewer and larger steps, so the learning rate has to be found again; Goyal et al. (2017, section 2) scaled it in proportion and warmed it up over the first epochs.
#
# ### How much faster?
#
# We measured images per second on a machine of *two cores*, which had other work as well: on JAX's virtual devices, which are threads that share these cores, and with PyTorch's processes (`python benchmarks/devices.py`; the hidden layers have 512 units there, so that a step has something to compute). **Predict**: does it help to have eight virtual devices? And is it better to keep the global batch at 128, or the local one?

# %% mystnb={"image": {"alt": "Speed against one, two, four and eight devices. Virtual devices with a local batch of 128 rise to nearly one and a half at two and four, and fall below one at eight; with a global batch of 128 they fall from the start, to a fifth. Two processes lie below one with either batch; a dashed line, ideal on two cores, rises from one to two"}}
path = Path("../benchmarks/results/devices.json")
speeds = json.loads(path.read_text(encoding="utf-8"))["images_per_second"]
fig, ax = plt.subplots(figsize=(7, 3.2))
ax.plot([1, 2], [1, 2], linestyle="--", label="ideal on two cores", **plots.BASELINE)
print("times as fast as one device          1     2     4     8")
for kind, found in (("virtual devices", "jax"), ("processes", "torch")):
    for fixed, marker, line in (("global", "o", "-"), ("local", "s", ":")):
        speed = speeds[found][fixed]
        times = np.array(list(speed.values())) / speed["1"]
        label = f"{kind}, {fixed} batch 128"
        ax.plot([int(n) for n in speed], times, marker=marker, linestyle=line, label=label)
        print(f"{label:33s}" + "".join(f"{t:6.2f}" for t in times))
ax.set(xlabel="devices", ylabel="times as fast as one", xticks=[1, 2, 4, 8], ylim=(0, None))
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
plt.show()
one, two, _, eight = speeds["jax"]["local"].values()
notebook.claim(two > 1.2 * one > 1.2 * eight, "two virtual devices help, eight do not")

# %% [markdown] numbers={"128": "given: the code of benchmarks/devices.py"}
# With a *global* batch of 128 every further device makes it worse. Each has fewer images in a step, but the costs of a step stay: the devices wait for each other and average all gradients. With a *local* batch of 128 there are fewer steps for as many images, and two devices are 1.39 times as fast as one. Four are hardly better, because there are two cores, and eight mostly wait. The two processes lose in both cases: in each step they send each other the gradients of all weights, which takes longer than computing them did.
#
# So simulated devices show whether code is right, not whether it is fast. On real ones, too, the curve levels off sooner the fewer images a device has in a step; a dense network, with many weights and little to compute for each, gains least. Measure one and two devices before you pay for eight.
#
# ### On a cluster
#
# Three things go wrong there most often. *All processes take the first GPU*: a launcher starts several processes on one machine, and each must choose its own. Slurm presets `CUDA_VISIBLE_DEVICES`, often to all GPUs of the job, so a script that only sets the variable where it is missing puts every process on the same one. `launch.pin_gpu` takes the element of the preset list that belongs to the process. *Fewer devices than you think*: a driver fails on one machine, and the job trains on, slowly, on its CPU. Say what you expect (`--devices 8`). *One process dies, and the others wait for it for ever*: `srun --kill-on-bad-exit=1` and `torchrun` end the job and name the process.
#
# `train.slurm` starts the scripts on two machines of four GPUs under Slurm, `train.yaml` on Kubernetes: change the numbers in them and the name of the image. (The course's tests run the Slurm file with two real processes, which meet over the network; only `srun` and the GPUs are simulated. Not tried: a real cluster.)
#
# ### When the model does not fit
#
# Then its *weights* must be cut up: **[model parallelism](glossary.md#model-parallelism)**. On JAX Keras does it from a plan. A *mesh* arranges the devices in rows and columns and names these axes; a *layout map* says which axis of a weight is cut along which axis of the mesh. Our mesh has two rows, along which each batch is cut, and four columns, along which two large kernels are. (The function runs in a Python of its own, with eight simulated devices; where JAX is missing, you see its recorded answer.)


# %%
def trained():
    model = new_model()
    model.fit(data.Batches(x_train), epochs=2, shuffle=False, verbose=0)
    return model, np.concatenate([weight.ravel() for weight in model.get_weights()])


def shares(sharding, shape):
    """The [start, stop] of the rows and of the columns that each device holds."""
    return {
        str(device.id): [list(s.indices(n)[:2]) for s, n in zip(index, shape, strict=True)]
        for device, index in sharding.devices_indices_map(shape).items()
    }


# %%
def in_pieces():
    """Train on one device, then in pieces on eight; return who holds what."""
    keras.distribution.set_distribution(None)
    _, one = trained()
    mesh = keras.distribution.DeviceMesh((2, 4), ["batch", "model"])
    cuts = keras.distribution.LayoutMap(mesh)
    cuts["dense_encoder.*/dense.*/kernel"] = (None, "model")  # columns of the first kernel
    cuts["dense_decoder.*/kernel"] = ("model", None)  # rows of the decoder's kernels
    split = keras.distribution.ModelParallel(layout_map=cuts, batch_dim_name="batch")
    keras.distribution.set_distribution(split)
    model, many = trained()
    first, last = (model.weights[place].value for place in (0, -2))
    return {
        "a batch": shares(split.get_data_layout((128, 784)).backend_layout, (128, 784)),
        "first kernel": shares(first.sharding, first.shape),
        "last kernel": shares(last.sharding, last.shape),
        "weights": [one.size, sum(w.value.addressable_shards[0].data.size for w in model.weights)],
        "same": bool(np.linalg.norm(many - one) <= 1e-5 * np.linalg.norm(one)),
    }


# %% [markdown]
# **Predict.** Devices 0 to 3 are the first row of the mesh, 4 to 7 the second. Sketch what device 5 holds of a batch (128 × 784), of the encoder's first kernel (784 × 64, cut by columns) and of the decoder's last (64 × 784, by rows). Who holds the same piece of a kernel?

# %% mystnb={"image": {"alt": "Three rectangles cut into pieces that name their devices. A batch has an upper half for devices 0 to 3 and a lower half for 4 to 7; the first kernel has four upright strips for devices 0 and 4, 1 and 5, 2 and 6, 3 and 7; the last kernel has four flat strips for the same pairs. The lower half and the second strips, those of device 5, are coloured"}}
flags = {"GPU": "0", "XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
pythons = elsewhere.Pythons("lesson_27", environ=flags)
pieces = pythons.on("jax", in_pieces)
names = ("a batch", "first kernel", "last kernel")
fig, axes = plt.subplots(1, 3, figsize=(8, 2.8), layout="constrained")
for ax, name in zip(axes, names, strict=True):
    held = pieces[name]
    for device in held:
        rows, columns = held[device][0], held[device][1]
        owners = [other for other in held if held[other] == held[device]]
        if device == owners[0]:
            width, height = columns[1] - columns[0], rows[1] - rows[0]
            color = "#f5b36b" if "5" in owners else "0.92"
            ax.add_patch(plt.Rectangle((columns[0], rows[0]), width, height, fc=color, ec="black"))
            words = ("\n" if name == "first kernel" else ", ").join(f"{each}" for each in owners)
            ax.text(np.mean(columns), np.mean(rows), words, ha="center", va="center")
    # The last device holds the last rows and columns.
    ax.set(title=name, xlabel="columns", ylabel="rows", xlim=(0, columns[1]), ylim=(rows[1], 0))
plt.show()
print("weights: {:,}, on each device: {:,}".format(*pieces["weights"]))
print("the same as on one device:", pieces["same"])

# %% [markdown] numbers={"5": "given: the number of a device", "16": "64 / 4", "64": "given: the code at the top", "half": "1 / 2", "quarter": "1 / 4"}
# Device 5 (coloured) has the second half of the images, the second quarter of the first kernel's columns and of the last kernel's rows. Only device 1, above it in the mesh, has the same weights, and it has the other images: these two average their gradients. Device 5 computes 16 of the 64 hidden units of its images; the code needs all 64, so the four devices of a row must exchange numbers *in the middle of every step*, forward and back. Data parallelism talks once a step. That is why `"model"` should be an axis within one machine, and `"batch"` the one across machines.
#
# Each device holds about a quarter of the weights. Look at that number: a pattern must match the *whole* path of a weight (`weight.path`), and one that matches none raises no error. Everything then lies everywhere, and the model still does not fit.

# %% [markdown]
# ## A sweep on a cluster
#
# Most of the time one does not need one model faster, but *many models*. Those are independent: no gradients are exchanged, and nothing changes but where they run. Here is a sweep like lesson 09's as a function of one size. It reads its data from the file, because a worker is another process, in practice on another machine, and returns plain numbers.

# %%
sizes = [2, 4, 8, 16]
np.save(folder / "val.npy", x_val)


def fit_one(size):
    x, x_val = (np.load(folder / name, mmap_mode="r") for name in ("images.npy", "val.npy"))
    model = new_model(size)
    model.fit(data.Batches(x), epochs=10, shuffle=False, verbose=0)
    return {"error": model.evaluate(x_val, x_val, batch_size=1024, verbose=0)}


serial = {size: fit_one(size) for size in sizes}
print("size   squared error per image, validation")
for size in sizes:
    print(f"{size:4d} {serial[size]['error']:8.1f}")

# %% [markdown]
# A Dask cluster is a *scheduler* and its *workers*. `LocalCluster` starts both here. joblib, which scikit-learn uses too, sends the calls there inside `parallel_config("dask")`. The first line undoes a setting of Dask, explained below.

# %%
dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
cluster = distributed.LocalCluster(
    n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
)
client = parallel.connect(cluster.scheduler_address, timeout=30)
with joblib.parallel_config("dask"):
    spread = joblib.Parallel(batch_size=1)(joblib.delayed(fit_one)(size) for size in sizes)
print("equal to the serial sweep:", dict(zip(sizes, spread, strict=True)) == serial)

# %% [markdown] numbers={"0.57": "measured: measured.json sweep.rows.torch: spread / serial", "0.62": "measured: measured.json sweep.rows.tensorflow: spread / serial", "0.79": "measured: measured.json sweep.rows.jax: spread / serial"}
# *Equal*, not close: the same seed, the same batches, the same processor type, one thread. So you may compare a size from the cluster with one from your own computer. Speed is another matter. On two cores, two workers took 0.57 of the serial time on PyTorch, 0.62 on TensorFlow and 0.79 on JAX, whose one process keeps more than one core busy already (`python benchmarks/run.py --only sweep`).
#
# The first line matters for that. Dask asks its workers to give freed memory back to the system at once, which suits big tables. Training frees and allocates the same arrays in every step, and without the line requests them from the system anew: when we tried it, two workers were no faster than one process on two of three backends.
#
# **In practice**, a cluster under Slurm starts workers for you: `dask_jobqueue.SLURMCluster(cores=1, memory="4GB")`, then `cluster.scale(jobs=8)`, in place of `LocalCluster`; for a GPU each, add `job_extra_directives=["--gpus-per-task=1"]`. By hand, start `dask scheduler` on the first machine, on each of the others `dask worker tcp://192.0.2.7:8786 --nthreads 1` with `KERAS_BACKEND`, `OMP_NUM_THREADS=1`, `MALLOC_TRIM_THRESHOLD_=33554432` and `MALLOC_MMAP_THRESHOLD_=33554432` set (there, Dask respects the value it finds) and the same versions installed; here only the address changes. **The scheduler's port is open to everybody who reaches it, and runs what it is sent**: keep it inside a network that you trust, or start scheduler and workers with certificates (`--tls-ca-file`, `--tls-cert`, `--tls-key`, an address `tls://...`, and `Client(address, security=Security(...))`). If the address is wrong, Dask's client may wait for a long time; `parallel.connect` asks first.

# %%
begin = time.perf_counter()
try:
    parallel.connect("tcp://127.0.0.1:9", timeout=5)
except ConnectionError as error:
    print(str(error).split(" Received")[0])
print("within 10 seconds:", time.perf_counter() - begin < 10)

# %% [markdown]
# ## When a worker dies
#
# With many machines, one of them fails every week. Dask starts a worker's tasks again elsewhere, and joblib never notices. But results that were finished and not yet fetched are lost with the worker. And a task that kills *each* worker, say for lack of memory, is given up after four; joblib 1.6 is not told, and was still waiting when we gave up.
#
# The cure is older than clusters: **write each result down as soon as it is there**. In one process that takes six lines.


# %%
def remembered(fit_one, sizes, folder):
    folder.mkdir(exist_ok=True)
    for size in sizes:
        path = folder / f"{size}.json"
        if not path.exists():
            path.write_text(json.dumps(fit_one(size)))
    return {size: json.loads((folder / f"{size}.json").read_text()) for size in sizes}


# %% [markdown] numbers={"8": "given: the code below"}
# `parallel.sweep` does the same on workers, writes each file whole or not at all, and names in its error the sizes that have no result. Let us give it the baseline, PCA, and a trap: size 8 kills its worker, once. Each start is logged. **Predict** the log.

# %%
log = folder / "log.txt"


def pca_one(size):
    with open(log, "a") as file:
        file.write(f"{size}\n")
    if size == 8 and log.read_text().split().count("8") == 1:
        os._exit(1)  # no exception, no clean-up: the process is gone
    x, x_val = (np.load(folder / name) for name in ("images.npy", "val.npy"))
    x_hat = evaluation.pca_reconstruct(evaluation.fit_pca(x, size), x_val)
    return {"error": float(evaluation.squared_error(x_val, np.clip(x_hat, 0, 1)).mean())}


pca = parallel.sweep(pca_one, sizes, folder / "pca", client.get_executor())
again = parallel.sweep(pca_one, sizes, folder / "pca", client.get_executor())
started = [int(line) for line in log.read_text().split()]
print("times started:", {size: started.count(size) for size in sizes})
print("equal to one process:", remembered(pca_one, sizes, folder / "here") == pca == again)

# %% [markdown]
# Only the size that died was started twice, and the second call computed nothing: it read the files. It is the same if the *scheduler* goes away: `sweep` then ends with an error that names the missing sizes, and called again on a new cluster, it computes those alone (the course's tests kill one). Both sweeps, from the files:

# %% mystnb={"image": {"alt": "Squared error against code size, two falling curves far below the line of the mean image: the small autoencoder lies beside PCA at two and four numbers, a little below it at eight and a little above it at sixteen"}}
client.close()
cluster.close()
fig, ax = plt.subplots(figsize=(5.5, 2.8))
ax.plot(sizes, [serial[size]["error"] for size in sizes], marker="o", label="autoencoder")
ax.plot(sizes, [pca[size]["error"] for size in sizes], marker="s", label="PCA")
mean_error = evaluation.mean_image_error(x_train, x_val)
ax.axhline(mean_error, label=f"mean image, {mean_error:.1f}", linestyle="--", **plots.BASELINE)
ax.set_xscale("log", base=2)
ax.set(xlabel="code size", ylabel="squared error per image", ylim=(0, None))
ax.set_xticks(sizes, sizes)
ax.legend()
plt.show()
print("size   autoencoder    PCA")
for size in sizes:
    print(f"{size:4d} {serial[size]['error']:13.1f} {pca[size]['error']:6.1f}")

# %% [markdown] numbers={"8": "seen: the table", "2": "seen: the table", "4": "seen: the table", "16": "seen: the table"}
# A small network and few epochs: it beats PCA at 8 numbers only. At 2 and 4 the two are level, and at 16 PCA is ahead. Lesson 09 has the fair comparison; here we only wanted the results, all of them.
#
# ## When the training itself dies
#
# A training run of hours needs a **[checkpoint](glossary.md#checkpoint)** after each epoch: weights, the optimizer's state and that of the random generators. `ModelCheckpoint` writes it, and `saving.resume` puts model *and batches* back to where it ended. Cut the power somewhere in the third epoch:


# %%
class PowerCut(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        self.step -= 1
        if self.step == 0:
            raise KeyboardInterrupt


def fit(path, callbacks=()):
    model, batches = new_model(), data.Batches(x_train)
    begin = saving.resume(model, batches, path)
    callbacks = [keras.callbacks.ModelCheckpoint(path), *callbacks]
    model.fit(batches, initial_epoch=begin, epochs=4, shuffle=False, verbose=0, callbacks=callbacks)
    return begin, model.get_weights()


step = int(np.random.default_rng().integers(33, 48))  # any will do: 16 steps are an epoch
with contextlib.suppress(KeyboardInterrupt):
    fit(folder / "training.keras", [PowerCut(step)])
begin, resumed = fit(folder / "training.keras")
_, uninterrupted = fit(folder / "uninterrupted.keras")
same = all(np.array_equal(a, b) for a, b in zip(resumed, uninterrupted, strict=True))
print(f"went on after epoch {begin}; bit for bit the same: {same}")

# %% [markdown]
# The course's tests do it with a real process that is really killed, at a random step and in the middle of writing a file. What protects the checkpoint there is an old trick: write under another name, then *rename*, which happens as a whole or not at all (an *atomic* write). The same trick saves you on a full disk. **Predict** what is in the file afterwards.

# %%
full = OSError(errno.ENOSPC, "No space left on device")
before = (folder / "training.keras").read_bytes()
with contextlib.chdir(folder), mock.patch.object(keras.Model, "save", side_effect=full):
    try:
        new_model().save("training.keras")
    except OSError as error:
        print(error)
print("the old checkpoint is whole:", (folder / "training.keras").read_bytes() == before)

# %% [markdown] numbers={"8 times as": "paper: Micikevicius et al. 2018", "twice": "32 / 16", "11": "paper: IEEE 754", "65,504": "2 ** 16 - 2 ** 5", "8 bits. Each": "paper: the definition of bfloat16", "16": "paper: the definition of float16", "2": "paper: Micikevicius et al. 2018"}
# A process that is killed while writing leaves a file `.part-...` behind. Nobody reads it; delete it.
#
# ## Mixed precision
#
# The last way to grow is **half precision**, numbers of 16 bits. GPUs made for it multiply matrices of them 2 to 8 times as fast as of 32-bit numbers (Micikevicius et al., 2018), and hold twice as many. There are two formats. *float16* has 11 significant bits and ends at 65,504; *bfloat16* has float32's range and only 8 bits. Each has its dangers:

# %%
print(f"a gradient of 1e-8 in float16: {np.float16(1e-8):.1f}")
with np.errstate(over="ignore"):
    print("70,000 in float16 is infinite:", bool(np.isinf(np.float16(70_000))))
tenths = np.full(4096, 0.1, "float16")
total = np.cumsum(tenths, dtype="float16")[-1]
print(
    f"0.1 added 4096 times in float16: {total:.1f}, in float32: {tenths.sum(dtype='float32'):.1f}"
)

# %% [markdown] numbers={"halves": "1 / 2", "32": "given: the bits of float32", "409.6": "4096 * 0.1", "0.09998": "given: np.float16(0.1)"}
# The sum stops growing at 256, where the next number that float16 has is a quarter away. (409.5 and not 409.6, because the number of float16 that is nearest to 0.1 is 0.09998.) A squared error per image is such a sum, over 784 pixels. Hence **[mixed precision](glossary.md#mixed-precision)**: layers compute in half precision, but weights, the optimizer and *losses* stay in 32. `keras.config.set_dtype_policy` does the first three; the loss is up to its author, and those of `ae_keras.losses` cast to float32 first. For float16 Keras also multiplies the loss by a large factor and divides the gradients by it, so that small ones survive (*loss scaling*); when they overflow, it skips the step and halves the factor.

# %%
curves = {}
for policy in ("float32", "mixed_bfloat16", "mixed_float16"):
    keras.config.set_dtype_policy(policy)
    model = new_model()
    history = model.fit(data.Batches(x_train), epochs=3, shuffle=False, verbose=0).history
    curves[policy] = history["loss"]
keras.config.set_dtype_policy("float32")
print("squared error per image   epoch 1      2      3")
for policy, losses_ in curves.items():
    print(f"{policy:22s}" + "".join(f"{loss:10.1f}"[-10:] for loss in losses_))

# %% [markdown] numbers={"32,768": "2 ** 15"}
# bfloat16 follows float32 to a fraction of a per cent. float16 lags behind from the first epoch on: the factor of the loss scaling begins at 32,768, the gradient of a *sum* over 784 pixels overflows with that, and the first few steps are skipped, the factor halved each time, until it is small enough. With the usual mean over pixels they would not be; conventions have costs. bfloat16, which needs no factor, is the safer choice where the hardware has it.
#
# On this CPU, half precision gains nothing, because numbers are converted back and forth. Nor does a network this small gain on a GPU. Try it when matrices are thousands wide, and look at the curve beside float32's before you believe it.

# %% [markdown]
# ## Exercises
#
# Stuck? `checks.hint("27.1")` gives a hint; call it again for the next one.
#
# ### Exercise 27.1: whose rows?
#
# `n_workers` processes read one file, and each must know its rows without asking the others. Write `shard(n_items, worker, n_workers)`: the row numbers of worker number `worker`, counted from 0. Together they have every row once, and no worker has two more than another.


# %% tags=["exercise"]
def shard(n_items, worker, n_workers): ...


checks.check_shard(shard)


# %% tags=["solution"]
def shard(n_items, worker, n_workers):
    return range(worker, n_items, n_workers)


checks.check_shard(shard)

# %% [markdown]
# ### Exercise 27.2: what is left to do
#
# Write `missing_sizes(folder, sizes)`: those of `sizes`, in their order, for which the folder holds no file `8.json` (for size 8). Unfinished files `.part-...-8.json` do not count, and nothing may be changed.


# %% tags=["exercise"]
def missing_sizes(folder, sizes): ...


checks.check_missing_sizes(missing_sizes)


# %% tags=["solution"]
def missing_sizes(folder, sizes):
    return [size for size in sizes if not (Path(folder) / f"{size}.json").exists()]


checks.check_missing_sizes(missing_sizes)

# %% [markdown]
# ### Exercise 27.3: equal shards to the end
#
# Write `equal_batch(n_images, limit, n_workers)`: the largest batch size, at most `limit` and `n_images`, that splits into equal shards *in every batch of the epoch, the last one too*; 0 if there is none.


# %% tags=["exercise"]
def equal_batch(n_images, limit, n_workers): ...


checks.check_equal_batch(equal_batch)


# %% tags=["solution"]
def equal_batch(n_images, limit, n_workers):
    for size in range(min(limit, n_images), 0, -1):
        if size % n_workers == 0 and n_images % size % n_workers == 0:
            return size
    return 0


checks.check_equal_batch(equal_batch)

# %% [markdown] numbers={"40": "given: an example of the quiz", "32": "paper: the definition of float32"}
# ## What to remember
#
# - A mapped file needs the memory of a few batches, whatever its size.
# - Data parallelism gives the weights of one device, up to rounding, if all shards are equal; TensorFlow and PyTorch do not warn you when they are not.
# - Model parallelism cuts up the weights, and devices talk within each step: only for what does not fit.
# - Independent fits scale best: distribute the sweep, not the step.
# - Write every result and every checkpoint as soon as it is there, under another name, then rename.
# - In mixed precision weights, sums and losses stay in 32 bits.
#
# ## Quiz
#
# 1. On four devices your loss curve differs from one device's in the sixth digit. (a) A bug. (b) Sums were rounded in another order. (c) The seed was not shared.
# 2. A sweep of 40 sizes loses a worker at the 39th. With one file for each result you repeat (a) all 40; (b) what was running there; (c) nothing.
# 3. In float16 the loss stays `nan`-free but no weight changes in the first steps. (a) The learning rate is too small. (b) The factor of the loss scaling is still too large, and steps are skipped. (c) Weights are stored in float16.
#
# <details><summary>Answers</summary>
#
# 1. **b.** A bug (a) or another seed (c) shows in the first or second digit.
# 2. **b.** What was finished is in the folder (not a), what was running is not (not c).
# 3. **b.** It is halved until no gradient overflows; a small rate (a) still changes weights, and those are kept in float32 (not c).
# </details>
#
# ## Further reading
#
# - Goyal et al., *Accurate, large minibatch SGD: training ImageNet in 1 hour*, arXiv:1706.02677, section 2: batch size and learning rate.
# - Micikevicius et al., *Mixed precision training*, arXiv:1710.03740, section 3.
# - Li et al., *PyTorch distributed: experiences on accelerating data parallel training*, arXiv:2006.15704: how gradients are averaged while others are computed.
# - Rocklin, *Dask: parallel computation with blocked algorithms and task scheduling*, SciPy 2015.

# %% tags=["receipt"]
notebook.claim(peaks["mapped"][-1] < 0.1 * peaks["read"][-1], "a mapped file must need little")
notebook.claim(difference < 1e-4, "many devices must train as one")
notebook.claim(pieces["same"] and pythons.as_recorded(in_pieces), "so must a model in pieces")
notebook.claim(
    dict(zip(sizes, spread, strict=True)) == serial, "workers must agree with one process"
)
notebook.claim(same and begin == 2, "a resumed training must end as an uninterrupted one")
notebook.claim(serial[2]["error"] > serial[16]["error"], "more numbers, smaller error")
notebook.claim(
    abs(curves["mixed_bfloat16"][-1] / curves["float32"][-1] - 1) < 0.05, "bfloat16 must train too"
)
notebook.receipt(
    mapped_mb=peaks["mapped"][-1],
    error_8=serial[8]["error"],
    pca_8=pca[8]["error"],
    loss_float32=curves["float32"][-1],
    loss_float16=curves["mixed_float16"][-1],
)
