"""The practice world: simulated payer portals with real policies, a clock and faults to order.

It shares no code with the product it is there to test.
"""
