"""asyncio on a clock that jumps to the next timer when nothing is ready. One unit of time is 1.0, a nanosecond."""

import asyncio
import selectors


class WaitsForEver(Exception):
    """Nothing is ready, and nothing is to come."""


class VirtualSelector(selectors.BaseSelector):
    """Selects nothing; where asyncio would block, time passes."""

    def __init__(self):
        self.loop = None

    def register(self, fileobj, events, data=None):
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj):
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self):
        return {}

    def select(self, timeout=None):
        if timeout is None:
            raise WaitsForEver
        if timeout > 0:
            self.loop.now = self.loop.next_timer()
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.now = 0.0
        selector = VirtualSelector()
        super().__init__(selector)
        selector.loop = self
        self._clock_resolution = 0.5
        self.set_exception_handler(lambda loop, context: None)  # errors that nobody takes: not compared

    def time(self):
        return self.now

    def next_timer(self):
        return self._scheduled[0].when()
