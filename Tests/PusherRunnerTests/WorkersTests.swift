import Foundation
@testable import PusherRunner
import Testing

@Suite("Workers")
struct WorkersTests {
    @Test("carry out every job, on no more threads than allowed")
    func bounded() {
        let workers = Workers(limit: 3)
        let state = Monitor((running: 0, done: 0, isOpen: false))
        for _ in 0..<40 {
            workers.run {
                state.change { $0.running += 1 }
                _ = state.wait(until: nil) { $0.isOpen ? true : nil }
                state.change { $0 = ($0.running - 1, $0.done + 1, true) }
            }
        }
        let soon = monotonicMilliseconds() + 20_000
        #expect(state.wait(until: soon) { $0.running == 3 ? true : nil } != nil)
        #expect(state.wait(until: monotonicMilliseconds() + 50) { $0.running > 3 ? $0.running : nil } == nil)
        state.change { $0.isOpen = true }
        #expect(workers.drain(until: soon))
        #expect(state.change { $0.done } == 40)
    }

    @Test("are not waited for beyond the time that is given")
    func hanging() {
        let workers = Workers(limit: 1)
        let gate = Monitor(false)
        workers.run { _ = gate.wait(until: nil) { $0 ? true : nil } }
        #expect(!workers.drain(until: monotonicMilliseconds() + 30))
        gate.change { $0 = true }
        #expect(workers.drain(until: monotonicMilliseconds() + 20_000))
    }
}

@Suite("A monitor")
struct MonitorTests {
    @Test("gives what the state has become, or nothing once the time is over")
    func waiting() {
        let monitor = Monitor(0)
        #expect(monitor.wait(until: monotonicMilliseconds() + 10) { $0 > 0 ? $0 : nil } == nil)
        let thread = Thread { monitor.change { $0 = 7 } }
        thread.start()
        #expect(monitor.wait(until: monotonicMilliseconds() + 20_000) { $0 > 0 ? $0 : nil } == 7)
    }
}
