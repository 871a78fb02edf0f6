import Engine
import Rotation
import Synchronization
import Testing

@Suite("A fleet's clock")
struct SharedClockTests {
    /// A machine's clock that someone sets.
    private final class Machine: EngineClock {
        let time = Mutex((wall: Int64(0), uptime: Int64(0)))
        var now: Timestamp { Timestamp(milliseconds: time.withLock { $0.wall }) }
        var uptime: Duration { .milliseconds(time.withLock { $0.uptime }) }
        func sleep(until moment: Timestamp) async { Issue.record("it slept by its own clock") }

        func sleep(for duration: Duration) async {
            time.withLock { $0 = ($0.wall + duration.milliseconds, $0.uptime + duration.milliseconds) }
        }
    }

    @Test("goes by the machine's own until the server has been asked, then by the server's and uptime")
    func time() async {
        let machine = Machine()
        machine.time.withLock { $0 = (3_600_000, 500) }
        let clock = SharedClock(machine)
        #expect(clock.now == Timestamp(milliseconds: 3_600_000))
        #expect(
            clock.note(Timestamp(milliseconds: 1_000), asked: .milliseconds(400)) == .milliseconds(3_600_000 - 1_100))
        #expect(clock.now == Timestamp(milliseconds: 1_100))
        // Someone sets the machine's clock.
        machine.time.withLock { $0.wall = 99_000_000 }
        #expect(clock.now == Timestamp(milliseconds: 1_100))
        await clock.sleep(until: Timestamp(milliseconds: 61_100))
        #expect(clock.now == Timestamp(milliseconds: 61_100) && machine.uptime == .milliseconds(60_500))
    }
}
