internal import CKeyturnPusher
internal import Glibc
internal import Synchronization

/// Cancellation and deadlines.
enum TimeChecks {
    /// Milliseconds after which a call should have ended, and those after which the runner would end the process.
    private static let (prompt, late) = (Int64(500), Int64(KT_CANCEL_TIME_MS))

    static let all = [
        ConformanceCheck("cancelled-before", "A call that is cancelled already ends at once, and writes nothing.") {
            bench throws(Stop) in
            let instance = try bench.open()
            bench.doing("push, cancelled before it began")
            let ending = instance.push(
                KeyPair(), to: try bench.target(), World(bench.subject.rules), began: { $0.cancel() })
            bench.judge(ending, "a push that was cancelled before")
            if ending.isOK { bench.fail("a push that was cancelled before it began ended as \(ending.described)") }
            if ending.outcome != KT_CANCELLED {
                bench.warn("it ended as \(ending.described); KT_CANCELLED says it best")
            }
            if ending.elapsed > late { bench.fail("it took \(ending.elapsed) ms") }
            instance.close()
        },
        ConformanceCheck(
            "cancelled-meanwhile", "A call that is cancelled while it waits for an answer ends within half a second."
        ) {
            bench throws(Stop) in
            try cancel(
                bench, Fault(name: "no answer", answer: Answer(waitsForEnd: true), expected: []), "waits for an answer")
        },
        ConformanceCheck(
            "cancelled-between-tries",
            "A call that is cancelled while it tries again and again ends within half a second."
        ) {
            bench throws(Stop) in
            try cancel(
                bench, .status(503, [], headers: [("retry-after", "30")]), "is asked to come again in 30 seconds")
        },
        ConformanceCheck("deadline", "A call ends when its time is over.") { bench throws(Stop) in
            let instance = try bench.open(.init(sleepsReally: true))
            let fault = Fault(name: "no answer", answer: Answer(waitsForEnd: true), expected: [])
            for what in ["push", "check"] {
                bench.doing("\(what) with 200 ms and a service that does not answer")
                let world = World(nil, fault: fault)
                let target = try bench.target()
                let ending =
                    what == "push"
                    ? instance.push(KeyPair(), to: target, world, limit: 200)
                    : instance.check(target, world, limit: 200)
                bench.judge(ending, what)
                guard !ending.requests.isEmpty else { continue }
                if ending.isOK { bench.fail("\(what) without any answer ended as \(ending.described)") }
                if ending.elapsed > 200 + late {
                    bench.fail("\(what) ended \(ending.elapsed - 200) ms after its deadline")
                }
                if ending.requests.count > 10 {
                    bench.warn("\(what) sent \(ending.requests.count) requests, most of them too late")
                }
            }
            instance.close()
        },
        ConformanceCheck(
            "gives-up", "A service that fails for ever does not hold a call: the host tries again, not the plugin."
        ) {
            bench throws(Stop) in
            let instance = try bench.open()
            for fault in [Fault.serverError, .lost] {
                bench.doing("push to a service that always answers: \(fault.name)")
                let ending = instance.push(KeyPair(), to: try bench.target(), World(nil, fault: fault), limit: 600_000)
                if ending.requests.count > 20 {
                    bench.warn(
                        "push made \(ending.requests.count) requests to a service that fails: leave trying again to the host"
                    )
                }
                if ending.requests.count >= HostCall.requestLimit {
                    bench.fail("push used up all \(HostCall.requestLimit) requests of its call")
                }
            }
            instance.close()
        },
    ]

    private static func cancel(_ bench: Bench, _ fault: Fault, _ what: String) throws(Stop) {
        guard bench.subject.asksServices else { return }
        let instance = try bench.open(.init(sleepsReally: true))
        let target = try bench.target()
        let world = World(nil, fault: fault)
        bench.doing("push that \(what), cancelled after 100 ms")
        let running = Running()
        let endings = onThreads(2) { thread -> Ending? in
            if thread == 0 {
                return instance.push(
                    KeyPair(), to: target, world, began: { call in running.call.withLock { $0 = call } })
            }
            usleep(100_000)
            running.call.withLock { $0 }?.cancel()
            return nil
        }
        guard let ending = endings.compactMap({ $0 }).first else { throw Stop("the push did not come back") }
        bench.judge(ending, "a push that is cancelled")
        if ending.isOK { bench.fail("a push that \(what) ended as \(ending.described)") }
        let after = ending.elapsed - 100
        if after > late {
            bench.fail("the push ended \(after) ms after it was cancelled")
        } else if after > prompt {
            bench.warn("the push ended \(after) ms after it was cancelled; half a second is enough")
        }
        instance.close()
    }

    private final class Running: Sendable {
        let call = Mutex<HostCall?>(nil)
    }
}
