"""The world's clock: real time plus an offset that the control interface moves."""

import json
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path


def written(moment: float) -> str:
    """A moment as the control interface writes it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


class Clock:
    """Simulated now. With a file, the offset is published there for whoever must keep step."""

    def __init__(self, file: Path | None = None) -> None:
        self.offset = 0.0
        self._file = file
        self._control = ""

    def now(self) -> float:
        """Seconds since the epoch, simulated."""
        return time.time() + self.offset

    def moment(self) -> datetime:
        """The simulated moment in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def today(self) -> date:
        """The simulated calendar day, in UTC."""
        return self.moment().date()

    def advance(self, seconds: float) -> None:
        """Jump by `seconds`; a negative number sets the clock back."""
        self.offset += seconds
        self._write()

    def reset(self) -> None:
        """Back to real time."""
        self.offset = 0.0
        self._write()

    def publish(self, control: str) -> None:
        """Start writing the offset file, naming the control interface it belongs to."""
        self._control = control
        self._write()

    def withdraw(self) -> None:
        """Remove the offset file: this world has ended."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        if self._file is None:
            return
        record = {"offset_seconds": self.offset, "control": self._control, "pid": os.getpid()}
        draft = self._file.with_name(f".{self._file.name}.{os.getpid()}")
        draft.write_text(json.dumps(record) + "\n", encoding="utf-8")
        draft.replace(self._file)
