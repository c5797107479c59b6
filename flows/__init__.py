"""What runs, in which order: the flows, and the command `nightcast`."""

import os
from pathlib import Path

from flows.shadowing import refuse_shadows

refuse_shadows(Path(__file__).resolve().parents[1])

# Read when torch is loaded. Threads that spin while they wait take the cores from whoever else needs them: two
# trainings at once on two cores took 60 s each for what takes 9 s alone, and 12 s with threads that sleep.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
