internal import CKeyturnPusher
internal import Glibc

/// What a pusher does only later: after its call has returned, or after many calls.
enum LateChecks {
    static let all = [
        ConformanceCheck("late-calls", "Nothing is asked of the host for a call that has returned.") {
            bench throws(Stop) in
            let instance = try bench.open()
            let target = try bench.target()
            for fault in [nil, Fault.serverError] {
                let world = World(bench.subject.rules, fault: fault)
                bench.doing("calls, with every request answered: \(fault?.name ?? "well")")
                bench.judge(instance.push(KeyPair(), to: target, world), "push")
                bench.judge(instance.check(target, world), "check")
                // A thread of the pusher's may need a moment to do it.
                for _ in 0..<25 where instance.host.violations.isEmpty { usleep(10_000) }
            }
            instance.host.violations.forEach(bench.fail)
            instance.close()
        },
        ConformanceCheck(
            "stays-honest", "After many pushes, too, KT_OK is said only of what the service has confirmed."
        ) {
            bench throws(Stop) in
            guard bench.subject.asksServices else { return }
            let instance = try bench.open()
            let target = try bench.target()
            bench.doing("many pushes, of which the service confirms two of three")
            for number in 1...120 {
                let fault: Fault? = number % 3 == 0 ? [.serverError, .lost, .garbage][number / 3 % 3] : nil
                let ending = instance.push(KeyPair(number), to: target, World(bench.subject.rules, fault: fault))
                bench.judge(ending, "push")
                if fault != nil, ending.isOK, ending.acceptedWrites == 0 {
                    bench.fail("push number \(number) ended as \(ending.described), and the service accepted no write")
                }
            }
            instance.close()
        },
    ]
}
