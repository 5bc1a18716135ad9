"""The simulated Medi-Cal Provider Portal: one page, drawn anew at each step with new ids."""
