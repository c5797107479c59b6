"""AdamW as torch has it, without the compiler that torch imports for it.

torch wraps these methods so that its compiler leaves them alone, and imports the compiler at their first call: half a
CPU second or more and some 70 MB in every process that trains, of which none compiles.
"""

from inspect import unwrap

import torch


class AdamW(torch.optim.AdamW):
    """The same steps to the bit, by the functions that torch wraps; nobody listens to its hooks."""

    step = torch.no_grad()(unwrap(torch.optim.AdamW.step))
    zero_grad = unwrap(torch.optim.AdamW.zero_grad)
    add_param_group = unwrap(torch.optim.AdamW.add_param_group)
    state_dict = unwrap(torch.optim.AdamW.state_dict)
    load_state_dict = unwrap(torch.optim.AdamW.load_state_dict)
    step.hooked = True  # or the first instance wraps it again
