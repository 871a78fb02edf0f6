internal import CKeyturnPusher

/// What is lent is not kept, nor read beyond its end; what is taken is given back.
enum MemoryChecks {
    static let all = [
        ConformanceCheck(
            "borrowed-memory", "What a call was lent is not touched after it: here it is out of reach then."
        ) {
            bench throws(Stop) in
            let instance = try bench.open(.init(lending: .retired))
            let target = try bench.target()
            for number in 1...3 {
                bench.doing("calls, after the memory of earlier ones was taken back")
                let world = World(bench.subject.rules)
                bench.judge(instance.push(KeyPair(number), to: target, world), "push")
                bench.judge(instance.check(target, world), "check")
                if let ending = instance.inspect(target, world) { bench.judge(ending, "inspect") }
            }
            bench.doing("close, after the memory of all calls was taken back")
            instance.close()
            instance.host.violations.forEach(bench.fail)
        },
        ConformanceCheck(
            "text-bounds",
            "Texts, header values and bodies are read to their length and no further: they do not end with a NUL."
        ) {
            bench throws(Stop) in
            let instance = try bench.open(.init(lending: .fenced))
            for fields in bench.subject.targets {
                let world = World(bench.subject.rules)
                bench.doing("calls with texts that end where the memory ends")
                bench.judge(instance.push(KeyPair(), to: Target(fields), world), "push")
                bench.judge(instance.check(Target(fields), world), "check")
                if let ending = instance.inspect(Target(fields), world) { bench.judge(ending, "inspect") }
            }
            for fault in bounded + [Fault.serverError, .cut, .garbage, .empty, .lost] {
                bench.doing("a push with texts that end where the memory ends, answered: \(fault.name)")
                bench.judge(instance.push(KeyPair(), to: try bench.target(), World(nil, fault: fault)), "push")
                bench.judge(instance.check(try bench.target(), World(nil, fault: fault)), "check")
            }
            bench.doing("close")
            instance.close()
        },
        ConformanceCheck("memory", "Many pushes do not make the process larger.") { bench throws(Stop) in
            let instance = try bench.open()
            let target = try bench.target()
            func round(_ count: Int) {
                for number in 0..<count {
                    let fault: Fault? = number % 3 == 2 ? .serverError : nil
                    let world = World(bench.subject.rules, fault: fault)
                    _ = instance.push(KeyPair(number), to: target, world)
                    _ = instance.check(target, world)
                }
            }
            bench.doing("many pushes")
            round(400)
            let before = ProcessState.resident
            round(1_200)
            let grown = ProcessState.resident - before
            if grown > 2 << 20 { bench.fail("1,200 pushes and checks made the process \(grown / 1_024) KiB larger") }
            instance.close()
        },
    ]

    /// Answers with header fields that a pusher may well read, each at the end of its memory.
    private static let bounded: [Fault] = [
        .status(
            429, [],
            headers: [
                ("retry-after", "7"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "7"),
                ("ratelimit-reset", "7"),
                ("date", "Sun, 22 Nov 2026 10:00:00 GMT"),
            ]),
        .status(503, [], headers: [("retry-after", "Sun, 22 Nov 2026 10:00:05 GMT")]),
        .status(301, [], headers: [("location", "https://elsewhere.conformance.invalid/")]),
        .status(401, [], headers: [("www-authenticate", "Bearer"), ("x-request-id", "7")]),
        .status(403, [], headers: [("x-accepted-oauth-scopes", "repo"), ("x-oauth-scopes", "read")]),
        .status(404, []), .status(409, []), .status(422, []),
        Fault(name: "a body of one digit", answer: Answer(status: 200, body: [UInt8(ascii: "7")]), expected: []),
    ]
}
