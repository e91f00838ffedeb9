"""The two sandboxes with nothing in them but one weekly Lightning series, five dates over a clock change, in Salesforce.

``python tests/end_to_end/series_sandboxes.py sandbox ...``: everything else is the real command.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from daemon.__main__ import main
from daemon.cli import sandbox_command
from daemon.sandbox.seed import Story

BERLIN = ZoneInfo("Europe/Berlin")
COUNT = 5


def starts() -> list[datetime]:
    """Weekly at 15:00 in Berlin from some days ahead; aware UTC."""
    first = datetime.now(UTC).date() + timedelta(days=5)
    return [datetime.combine(first + timedelta(weeks=n), time(15), BERLIN).astimezone(UTC) for n in range(COUNT)]


def story(_setup: object) -> Story:
    rows: list[dict[str, object]] = [
        {
            "_key": f"pipeline#{number}",
            "_series": "pipeline",
            "Subject": "Pipeline call",
            "Location": "Phone",
            "Description": "Figures",
            "StartDateTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "EndDateTime": f"{start + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
            "IsRecurrence2": True,
            "Recurrence2PatternText": f"RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT={COUNT}",
            "Recurrence2PatternStartDate": f"{starts()[0]:%Y-%m-%dT%H:%M:%SZ}",
            "Recurrence2PatternTimeZone": "Europe/Berlin",
            "Recurrence2PatternVersion": "1",
        }
        for number, start in enumerate(starts())
    ]
    return Story([], rows, {})


if __name__ == "__main__":
    sandbox_command._story = story
    main()
