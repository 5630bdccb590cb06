"""The stand-in answers as the real GitHub did when it was recorded."""

from bench import fidelity
from bench.replay.recordings import exchanges


def test_recorded_exchanges_come_out_alike():
    """More than a thousand exchanges are compared; what agrees in status and in shape does not become less."""
    with fidelity.standin() as clients:
        report = fidelity.replay(exchanges(), clients)
    assert len(report.results) >= 1200
    assert report.share() >= 0.8
    assert sum(result.status == result.exchange.status for result in report.results) >= 0.95 * len(report.results)
