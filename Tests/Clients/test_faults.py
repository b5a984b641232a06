"""Nothing is lost over real sockets, however the network treats the connections; `faults.py` runs the full million."""

from collections import Counter

import faults


def test_nothing_is_lost_behind_a_proxy_that_breaks_connections():
    result, report = faults.run(subscribers=120, messages=850, seed=20_261_121)
    print(report)
    assert not result.complaints, report
    assert result.delivered.total() == 120 * 850
    assert set(result.delivered) == set(faults.TRANSPORTS)
    assert result.switches > 50 and result.duplicates > 0
    assert all(count > 0 for count in result.proxy.fates.values()), result.proxy.fates


def test_the_checker_sees_what_it_must():
    """Each kind of error once, straight into a subscriber."""

    class Run:
        seed, epoch, messages, is_over = 1, "abcdefgh", 99, False

        def __init__(self):
            self.delivered, self.duplicates, self.complaints = Counter(), 0, []

        def complain(self, text):
            self.complaints.append(text)

    def complaints(steps):
        run = Run()
        connection = faults.Connection(faults.Subscriber(run, 0))
        for offset, payload in steps:
            connection.message(f"abcdefgh-{offset}" if isinstance(offset, int) else offset, payload)
        return run.complaints

    text = faults.text
    assert complaints([(1, text(1)), (2, text(2))]) == []
    assert "3 after 1" in complaints([(1, text(1)), (3, text(3))])[0]
    assert "twice" in complaints([(1, text(1)), (1, text(1))])[0]
    assert "twice" in complaints([(1, text(1)), (2, text(2)), (1, text(1))])[0]
    assert "another payload" in complaints([(1, text(2))])[0]
    assert "epoch" in complaints([("otherone-1", text(1))])[0]
